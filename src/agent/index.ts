/**
 * `drover/agent`: everything that a program needs to be an agent: beats, turns, drain and a clean
 * end. It needs only Node.
 *
 * @example
 * ```ts
 * import { final, serveAgent } from 'drover/agent';
 *
 * await serveAgent({ onTurn: ({ input }) => final(input) });
 * ```
 */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Heartbeat } from '../contract/agent';
import { PULL_ENDPOINT } from '../contract/agent/pull';
import type { BeatAnswer } from '../contract/protocol';
import { AgentLog } from './agent-log';
import { Beats } from './beats';
import { ProgressReports } from './progress';
import { type FailureNotice, postReport } from './reports';
import { type Credentials, type UndoRequest, routesOf } from './routes';
import { Puller } from './pull';
import { agentServer, type Route } from './server';
import { CurrentSession } from './session';
import { type AgentIdentity, type Environment, identityFrom } from './settings';
import { CurrentSubscription } from './subscription';
import { type TurnHandler, TurnMemory } from './turn-memory';

export type { BeatAnswer } from '../contract/protocol';
export type { TurnUsage } from '../contract/usage';
export type {
  Invocation,
  MemoryEntry,
  SourceFailure,
  SourceResult,
  TurnInput,
  TurnReply,
  TurnRequest,
} from '../contract/agent/turns';
export { ask, fail, final, invoke } from './replies';
export type { FailureNotice } from './reports';
export type { Credentials, UndoRequest } from './routes';
export type { Environment } from './settings';
export type { TurnProgress } from '../contract/agent/progress';
export type { ReportProgress } from './progress';
export type { AgentTurn, TurnHandler } from './turn-memory';

/** Options of an agent. Only `onTurn` is required. */
export interface AgentOptions {
  /**
   * Takes one turn. A thrown error fails the turn with its message; an error of a model's provider
   * (status, headers) is reported with it.
   */
  readonly onTurn: TurnHandler;
  /**
   * Prepares the agent for turns; it beats `starting` until then. `session` is what the agent named
   * last, in an earlier start too; null: none.
   */
  readonly onStart?: (start: { readonly session: string | null }) => Promise<void>;
  /** Undoes the work of an earlier turn. */
  readonly onUndo?: (request: UndoRequest) => void | Promise<void>;
  /** Changes credentials without a restart. */
  readonly onCredentials?: (credentials: Credentials) => void | Promise<void>;
  /** Called before a restart, which then waits for the turns in flight. */
  readonly onDrain?: () => void | Promise<void>;
  /** Receives every answer to a beat: the desired state and the current subscription. */
  readonly onBeat?: (answer: BeatAnswer) => void;
  /** The address to listen on: loopback unless given. */
  readonly host?: string;
  /** The port to listen on: a free one unless given. */
  readonly port?: number;
  /**
   * Whether the agent polls the gateway instead of listening, because it cannot be called; by
   * default as `DROVER_PULL=1` says.
   */
  readonly pull?: boolean;
  /** The URL at which Drover reaches the agent, if it differs from the address it listens on. */
  readonly endpoint?: string;
  /**
   * How long turns in flight may continue after SIGTERM; 8 s unless given, below the 10 s after
   * which Drover kills.
   */
  readonly graceMs?: number;
  /** The `DROVER_` variables; the process's own unless given. */
  readonly environment?: Environment;
  /**
   * Receives a line at the start, for each turn at its start and its end, and at the end of the agent:
   * names, times and outcomes, no contents. To standard output unless given; false: nowhere.
   */
  readonly log?: ((line: string) => void) | false;
  /** Whether SIGTERM and SIGINT stop the agent and end the process; true unless given. */
  readonly signals?: boolean;
}

/** A running agent. */
export interface RunningAgent {
  readonly endpoint: string;
  readonly instanceId: string;
  /** The agent's session; null: none. Replies and `setSession` change it. */
  readonly session: string | null;
  /**
   * Names the agent's session outside of a reply: an opaque text of at most 4 KiB, or null. Drover
   * keeps it and gives it back with each turn and at the next start. Throws `RangeError` for another
   * value; resolves after a beat, and later beats repeat it until the gateway has it.
   */
  setSession(session: string | null): Promise<void>;
  /** Sets the status and sends it at once. */
  setStatus(status: 'ready' | 'degraded'): Promise<void>;
  /**
   * Reports that work outside a turn failed with the agent's credential: by the kind of failure, or
   * by the error, which is classified. Turns need no report: an error thrown in `onTurn` is
   * classified too. `changed`: the agent gets another credential. Rejects if the gateway refuses
   * the report.
   */
  reportFailure(notice: FailureNotice): Promise<{ readonly changed: boolean }>;
  /**
   * Accepts no new turns, beats `stopping`, lets turns in flight finish within the grace period,
   * and closes.
   */
  stop(): Promise<void>;
}

const DEFAULT_GRACE_MS = 8_000;
/** The time for answers to be sent, which needs milliseconds. */
const FLUSH_MS = 1_000;

/**
 * Serves turns and sends beats until it is stopped. Resolves when the agent is ready and its first
 * beat is sent.
 */
export async function serveAgent(options: AgentOptions): Promise<RunningAgent> {
  const identity = identityFrom(options.environment ?? process.env);
  let status: Heartbeat['status'] = 'starting';
  const subscription = new CurrentSubscription();
  const session = new CurrentSession(identity.session);
  const progress = new ProgressReports(identity);
  const log = new AgentLog(identity, options.log);
  const turns = new TurnMemory(async (turn, signal) => {
    subscription.learn(turn.subscription);
    session.hear(turn);
    const { report, end } = progress.open(turn.turnId);
    const took = log.begin(turn);
    try {
      const reply = await options.onTurn({ ...turn, progress: report }, signal);
      session.replied(reply);
      took(reply.action);
      return reply;
    } catch (error) {
      took(signal.aborted ? 'withdrawn' : 'error');
      throw error;
    } finally {
      end();
    }
  });
  const { onUndo, onDrain } = options;
  const onCredentials = options.onCredentials && credentialsOf(options.onCredentials, subscription);
  const routes = routesOf({ turns, status: () => status, onUndo, onCredentials, onDrain });
  const { endpoint, close } =
    (options.pull ?? identity.pull) ? pulling(identity, routes, turns) : await listening(identity, routes, options);
  const beats = new Beats(
    identity,
    () => ({ status, endpoint, load: turns.inFlight, ...session.forBeat() }),
    (heard, sent) => {
      session.told(sent.session);
      subscription.learn(heard.subscription);
      options.onBeat?.(heard);
    },
  );

  async function setStatus(next: 'ready' | 'degraded'): Promise<void> {
    if (status === 'stopping') return;
    status = next;
    await beats.beat();
  }

  let stopped: Promise<void> | undefined;
  async function shutDown(): Promise<void> {
    status = 'stopping';
    log.say(`stops, with ${String(turns.inFlight)} turns in flight`);
    const lastBeat = beats.end();
    const ended = await Promise.race([
      turns.idle().then(() => true),
      pause(options.graceMs ?? DEFAULT_GRACE_MS, false, { ref: false }),
    ]);
    if (!ended) turns.abortAll('the agent is stopping');
    await lastBeat;
    await close();
    log.say('has stopped');
  }
  const stop = (): Promise<void> => (stopped ??= shutDown());

  if (options.signals ?? true) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => void stop().finally(() => process.exit()));
  }
  if (options.onStart) {
    await beats.beat();
    await options.onStart({ session: session.current });
  }
  await setStatus('ready');
  log.say(`is ready at ${endpoint}, instance ${identity.instanceId}`);
  const reportFailure = async (notice: FailureNotice) => postReport(identity, subscription.report(notice));
  async function setSession(next: string | null): Promise<void> {
    session.set(next);
    await beats.beat();
  }
  return {
    endpoint,
    instanceId: identity.instanceId,
    get session() {
      return session.current;
    },
    setSession,
    setStatus,
    reportFailure,
    stop,
  };
}

/** Where Drover reaches the agent, and how that ends once all turns have. */
interface Door {
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

async function listening(
  { token }: AgentIdentity,
  routes: readonly Route[],
  { host = '127.0.0.1', port = 0, endpoint }: AgentOptions,
): Promise<Door> {
  const server = agentServer(token, routes);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${String(own)}`;
  return { endpoint: endpoint ?? url, close: () => closed(server) };
}

function pulling(identity: AgentIdentity, routes: readonly Route[], turns: TurnMemory): Door {
  const puller = new Puller(identity, routes, (turnId) => turns.withdraw(turnId));
  const running = puller.run();
  return {
    endpoint: PULL_ENDPOINT,
    close: async () => {
      await Promise.race([puller.stop(), pause(FLUSH_MS, undefined, { ref: false })]);
      await running;
    },
  };
}

/** Wraps the handler so that new credentials count as current once the agent uses them. */
function credentialsOf(
  handler: NonNullable<AgentOptions['onCredentials']>,
  current: CurrentSubscription,
): (credentials: Credentials) => Promise<void> {
  return async (credentials) => {
    await handler(credentials);
    const { pool, subscription: name, assignment } = credentials;
    current.learn({ pool, name, assignment });
  };
}

/** Lets pending answers finish, then closes every connection. */
async function closed(server: Server): Promise<void> {
  const flushed = once(server, 'close');
  server.close();
  const limit = setTimeout(() => server.closeAllConnections(), FLUSH_MS);
  await flushed;
  clearTimeout(limit);
}
