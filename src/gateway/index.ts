/**
 * The gateway: HTTP in front of the client. It parses requests, calls the client and maps errors to
 * statuses.
 */
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { AGENT_CALLS_PER_MINUTE } from '../contract/values/patterns';
import { CALLS } from '../contract/schemas/http';
import type { DroverClient } from '../client';
import { checkDisk, explainedByDisk } from '../client/temporal/full-disk';
import { type AuditSink, auditCalls } from './access/audit';
import { monotonicMs, wallClockMs } from '../lib/clock';
import { followFeed, vouchFor } from './leases';
import { agentHandlers } from './routes/agents';
import { auditHandlers, type ReadAudit } from './routes/audit';
import { BeatLedger, type BeatTarget } from './routes/beats';
import { addBulkBeats } from './routes/bulk-beats';
import { addCalls, routeOf } from './calls';
import { answerClientError, answerExpectations } from './client-errors';
import { addDashboard } from './dashboard';
import { EventHub } from './event-hub';
import { eventHandlers } from './routes/events';
import { registerFleetGauges } from './fleet-gauges';
import { fleetHandlers } from './routes/fleets';
import { createGuard } from './access/guard';
import { takeJsonBodies } from './json-body';
import { logHandlers } from './routes/logs';
import { Metrics } from './metrics';
import { openApi } from './openapi/document';
import { finishCalls } from './finish';
import { poolHandlers } from './routes/pools';
import { sendProblem } from './problem';
import { ProgressBoard } from './progress';
import { Exchange } from './pull/exchange';
import { pullHandlers } from './routes/pull';
import { checkNames, noRoute, LONGEST_PARAMETER } from './routes';
import { runHandlers } from './routes/runs';
import { inboxHandlers } from './routes/inbox';
import { sessionHandlers } from './routes/sessions';
import { turnHandlers } from './routes/turns';
import { createOriginCheck } from './access/origins';
import { Sessions } from './access/sessions';
import { type NamedTokens, Tokens } from './access/tokens';

/** The parts of a gateway. */
export interface GatewayOptions {
  readonly client: DroverClient;
  /** Tokens that may make every call. */
  readonly operatorTokens: readonly string[];
  /** The named tokens at the moment (docs/security.md, "Roles"); none unless given. */
  readonly namedTokens?: NamedTokens;
  /** Names by which browsers and agents call it, beside `localhost` and addresses. */
  readonly names?: readonly string[];
  /** Whether browsers reach it by https only. */
  readonly isSecure?: boolean;
  /** The secret from which every agent's token is derived. */
  readonly agentSecret: string;
  /** Calls a minute with the token of one agent; 600 unless given. More are refused with 429. */
  readonly agentCallsPerMinute?: number;
  readonly logger: FastifyBaseLogger;
  /** Receives who did what (docs/security.md, "Audit"); nothing keeps it unless given. */
  readonly audit?: AuditSink;
  /** Reads what `audit` has received; nothing is known unless given. */
  readonly readAudit?: ReadAudit;
  /** The directory of the server's database, if it is on this machine: errors name a full disk. */
  readonly databaseDir?: string | undefined;
  /** The product's version, for /openapi.json. */
  readonly version: string;
  /** Where workers reach this gateway: the endpoint of agents that poll. Without it none may. */
  readonly selfUrl?: string;
  /** The page of Temporal's Web UI below which each workflow has its own, for the dashboard; null: not known. */
  readonly temporalUi?: string | null;
  /** Receives the beats that workflows need; the client unless given. */
  readonly beatTarget?: BeatTarget;
  /** Vouches for agents by leases of its client. Without it each agent receives a renewal per `staleAfter / 3`. */
  readonly leases?: boolean;
}

/** Bytes of a body (docs/http.md, "Errors"). */
const BODY_LIMIT = 1024 * 1024;
/** The time for a request to arrive completely. */
const REQUEST_TIMEOUT_MS = 30_000;
/**
 * Routes without a timing metric: single beats, which are most of all calls and have their own
 * counters, and streams.
 */
const UNTIMED: readonly string[] = [
  CALLS.heartbeat,
  CALLS.events,
  CALLS.agentLogs,
  CALLS.pollTurns,
  CALLS.endpointCall,
].map(({ path }) => routeOf(path));
/** How many agents and addresses are counted at a time, at about 200 bytes each. */
const COUNTED_CALLERS = 100_000;
/** How long /readyz waits for Temporal. */
const READY_TIMEOUT_MS = 2_000;
/** How long /metrics waits for Temporal: a scrape has 10 s by default. */
const COUNT_TIMEOUT_MS = 4_000;

function beatsOver(client: DroverClient): BeatTarget {
  return {
    heartbeat: (ref, beat) => client.agents.heartbeat(ref, { ...beat, via: 'gateway' }),
    describe: (ref) => client.agents.describe(ref),
  };
}

/** Creates a gateway, ready to listen. */
export async function createGateway({
  client,
  operatorTokens,
  namedTokens,
  names = [],
  isSecure = false,
  agentSecret,
  agentCallsPerMinute = AGENT_CALLS_PER_MINUTE,
  logger,
  databaseDir,
  audit = () => undefined,
  readAudit = () => [],
  version,
  beatTarget = beatsOver(client),
  leases = false,
  selfUrl,
  temporalUi = null,
}: GatewayOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Agents keep their connections open. A gateway that stops closes idle ones and lets the others
    // finish.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Node would answer a request without `Host` itself, in another form. The header is not needed.
    http: { requireHostHeader: false },
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    clientErrorHandler: answerClientError,
    // An invalid address is refused before routing, where the error handler does not apply.
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  });
  const metrics = new Metrics();
  await app.register(rateLimit, { global: false, cache: COUNTED_CALLERS });
  const tokens = new Tokens(operatorTokens, agentSecret, namedTokens);
  const sessions = new Sessions(tokens, agentSecret);
  const guard = createGuard(app, { tokens, sessions }, { agentCallsPerMinute });
  const checkOrigin = createOriginCheck(names);
  const vouching = leases ? vouchFor(app, client, () => beats.deaf()) : null;
  const beats: BeatLedger = new BeatLedger(beatTarget, metrics, monotonicMs, vouching);
  if (leases) followFeed(app, client, beats);
  metrics.gauge('drover_held_agents', 'Agents that this gateway vouches for by a lease', () => vouching?.size ?? 0);
  metrics.gauge('drover_beating_agents', 'Agents whose last beat this gateway remembers', () => beats.size);
  const hub = new EventHub((signal) => client.feed.observe({ signal }));
  const board = new ProgressBoard();
  const exchange = new Exchange();
  metrics.gauge('drover_waiting_polls', 'Polls of agents that wait for a call', () => exchange.waiting);
  app.addHook('preClose', async () => exchange.close());
  metrics.gauge('drover_event_listeners', 'Listeners of /v1/events', () => hub.size);
  metrics.counted(
    'drover_feed_repairs_total',
    'Workflows with events that no look had shown',
    () => client.feed.repairs,
  );

  const within = { timeoutMs: COUNT_TIMEOUT_MS };
  registerFleetGauges(metrics.registry, {
    count: () => client.counts(within),
    usage: () => client.usage(within),
    log: logger,
  });

  auditCalls(app, audit);
  takeJsonBodies(app);
  const explained = (error: unknown) => (databaseDir === undefined ? error : explainedByDisk(error, databaseDir));
  app.setErrorHandler((error, request, reply) => sendProblem(explained(error), request, reply));
  finishCalls(app);
  answerExpectations(app.server);
  // Runs before a body is read: an unknown route needs no parsing, and neither does a foreign page.
  app.addHook('onRequest', (request, _reply, done) => {
    checkOrigin(request);
    done(request.is404 ? noRoute(request.method, request.url) : checkNames(request.params));
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (!UNTIMED.includes(route)) metrics.request(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });

  addCalls(app, guard, {
    ...agentHandlers(client, beats, metrics, agentSecret, selfUrl),
    ...fleetHandlers(client),
    ...runHandlers(client, board, agentSecret),
    ...turnHandlers(board),
    ...pullHandlers(exchange),
    ...poolHandlers(client),
    ...logHandlers(app, (ref, request) => client.logs.part(ref, request, agentSecret), logger),
    ...eventHandlers(app, hub, board, (after, signal) => client.feed.observe({ after, signal })),
    ...sessionHandlers(sessions, { isSecure, temporalUi }),
    ...inboxHandlers(client),
    ...auditHandlers(readAudit, (trail, filter) => client.audit.joined(trail, filter), wallClockMs),
  });
  const description = openApi(version);
  addCalls(app, guard, {
    healthz: () => ({ status: 'ok', listeningMs: beats.listeningMs() }),
    readyz: async () => {
      await client.check({ timeoutMs: READY_TIMEOUT_MS });
      if (databaseDir !== undefined) checkDisk(databaseDir);
      const warnings = vouching?.warnings(monotonicMs()) ?? [];
      return { status: 'ready', ...(warnings.length === 0 ? {} : { warnings }) };
    },
    openapi: () => description,
    metrics: async ({ reply }) => {
      const { contentType, body } = await metrics.text();
      return reply.type(contentType).send(body);
    },
  });
  await addBulkBeats(app, guard, beats, explained, selfUrl);
  await addDashboard(app);
  return app;
}
