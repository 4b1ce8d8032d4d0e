/** How a gateway stops: it takes nothing new, and what it has begun is answered. */
import type { FastifyInstance } from 'fastify';

/** A command answers within 5 s (docs/workflow-rules.md, rule 3), and container engines kill after 10 s: what is not answered by then is cut off. */
const FINISH_WITHIN_MS = 8_000;

/** From the beginning of `close` on, each answer ends its connection, and the connections that are left over at the deadline are cut. */
export function finishCalls(app: FastifyInstance, withinMs = FINISH_WITHIN_MS): void {
  let isClosing = false;
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done();
  });
  // An answer that had begun before keeps its connection: it is closed once it is idle.
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
