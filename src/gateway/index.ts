/** The gateway: HTTP in front of the client. It parses, calls, and maps errors to statuses; it decides nothing. */
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { AGENT_CALLS_PER_MINUTE } from '../contract/patterns';
import { CALLS } from '../contract/schemas/http';
import type { DroverClient } from '../client';
import { agentHandlers } from './routes/agents';
import { BeatLedger } from './routes/beats';
import { addBulkBeats } from './routes/bulk-beats';
import { addCalls, routeOf } from './calls';
import { answerClientError, answerExpectations } from './client-errors';
import { EventHub } from './event-hub';
import { eventHandlers } from './routes/events';
import { fleetHandlers } from './routes/fleets';
import { createGuard } from './guard';
import { takeJsonBodies } from './json-body';
import { Metrics } from './metrics';
import { openApi } from './openapi/document';
import { finishCalls } from './finish';
import { poolHandlers } from './routes/pools';
import { sendProblem } from './problem';
import { noRoute } from './routes';
import { runHandlers } from './routes/runs';
import { Tokens } from './tokens';

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly client: DroverClient;
  readonly operatorTokens: readonly string[];
  /** From which every agent's token is derived. */
  readonly agentSecret: string;
  /** With the token of one agent, 600 unless given; more are 429. */
  readonly agentCallsPerMinute?: number;
  readonly logger: FastifyBaseLogger;
  /** Of the product, for /openapi.json. */
  readonly version: string;
}

/** Bytes of a body (docs/http.md, "Errors"). */
const BODY_LIMIT = 1024 * 1024;
/** A request that has not come in whole by then is cut off. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The routes that are not timed: of single beats, which are by far the most and have counters of their own, and of what has no end. */
const UNTIMED: readonly string[] = [routeOf(CALLS.heartbeat.path), routeOf(CALLS.events.path)];
/** Agents and addresses whose calls are counted at a time, at about 200 bytes each. */
const COUNTED_CALLERS = 100_000;
/** How long /readyz waits for Temporal. */
const READY_TIMEOUT_MS = 2_000;

/** A gateway, ready to listen. */
export async function createGateway({
  client,
  operatorTokens,
  agentSecret,
  agentCallsPerMinute = AGENT_CALLS_PER_MINUTE,
  logger,
  version,
}: GatewayOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Agents keep their connections: a gateway that stops closes those without a request, and lets the others finish.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Without a `Host` Node would answer itself, and not as we do. It is not needed.
    http: { requireHostHeader: false },
    clientErrorHandler: answerClientError,
    // An address that cannot be read is refused before there is a route, and so before the error handler.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  });
  const metrics = new Metrics();
  await app.register(rateLimit, { global: false, cache: COUNTED_CALLERS });
  const guard = createGuard(app, new Tokens(operatorTokens, agentSecret), { agentCallsPerMinute });
  const beats = new BeatLedger(
    {
      heartbeat: (ref, beat) => client.agents.heartbeat(ref, { ...beat, via: 'gateway' }),
      describe: (ref) => client.agents.describe(ref),
    },
    metrics,
  );
  metrics.gauge('drover_beating_agents', 'Agents whose last beat this gateway remembers', () => beats.size);
  const hub = new EventHub((signal) => client.events.observe({ signal }));
  metrics.gauge('drover_event_listeners', 'Who listens to /v1/events', () => hub.size);

  takeJsonBodies(app);
  app.setErrorHandler(sendProblem);
  finishCalls(app);
  answerExpectations(app.server);
  // Before a body is read: what has no route needs no parser.
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.is404 ? noRoute(request.method, request.url) : undefined);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (!UNTIMED.includes(route)) metrics.request(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });

  addCalls(app, guard, {
    ...agentHandlers(client, beats, metrics),
    ...fleetHandlers(client),
    ...runHandlers(client),
    ...poolHandlers(client),
    ...eventHandlers(app, hub),
  });
  const description = openApi(version);
  addCalls(app, guard, {
    healthz: () => ({ status: 'ok', listeningMs: beats.listeningMs() }),
    readyz: async () => {
      await client.check({ timeoutMs: READY_TIMEOUT_MS });
      return { status: 'ready' };
    },
    openapi: () => description,
    metrics: async ({ reply }) => {
      const { contentType, body } = await metrics.text();
      return reply.type(contentType).send(body);
    },
  });
  await addBulkBeats(app, guard, beats);
  return app;
}
