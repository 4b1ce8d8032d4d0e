/** Stops a gateway: it accepts no new requests and answers those in progress. */
import type { FastifyInstance } from 'fastify';

/**
 * A command answers within 5 s (docs/workflow-rules.md, rule 3), and container engines kill after
 * 10 s: requests without an answer by then are cut off.
 */
const FINISH_WITHIN_MS = 8_000;

/**
 * From the start of `close`, each answer ends its connection. Connections that remain at the
 * deadline are cut.
 */
export function finishCalls(app: FastifyInstance, withinMs = FINISH_WITHIN_MS): void {
  let isClosing = false;
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done();
  });
  // An answer that started earlier keeps its connection, which is closed once it is idle.
  app.addHook('onResponse', (_request, _reply, done) => {
    if (isClosing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
  app.addHook('preClose', (done) => {
    isClosing = true;
    const cut = setTimeout(() => app.server.closeAllConnections(), withinMs);
    app.server.once('close', () => clearTimeout(cut));
    done();
  });
}
