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
import { setTimeout as pause } from 'node:timers/promises';
import type { Heartbeat } from '../contract/agent';
import { AgentLog } from './agent-log';
import { Beats } from './beats';
import { ProgressReports } from './progress';
import { type FailureNotice, postReport } from './reports';
import { type Credentials, routesOf } from './routes';
import { CurrentSession } from './session';
import { identityFrom } from './settings';
import { CurrentSubscription } from './subscription';
import { TurnMemory } from './turn-memory';
import type { AgentOptions, RunningAgent } from './options';
import { listening, pulling } from './door';

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
export type { AgentOptions, RunningAgent } from './options';
export { ask, fail, final, invoke } from './replies';
export type { FailureNotice } from './reports';
export type { Credentials, UndoRequest } from './routes';
export type { Environment } from './settings';
export type { TurnProgress } from '../contract/agent/progress';
export type { ReportProgress } from './progress';
export type { AgentTurn, TurnHandler } from './turn-memory';

/** Below the 10 s after which Drover kills a stopped agent. */
const DEFAULT_GRACE_MS = 8_000;

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
