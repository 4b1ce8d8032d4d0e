/** One running instance of an agent in memory: its calls are made in this process, without a socket. */
import type { Heartbeat } from '../../contract/agent';
import type { TurnRequest } from '../../contract/agent/turns';
import { AGENT_PATHS } from '../../contract/protocol';
import { messageOf } from '../../contract/text';
import { routesOf } from '../../agent/routes';
import { type Answer, answerCall } from '../../agent/server';
import { TurnMemory } from '../../agent/turn-memory';
import type { HttpAnswer, HttpCall } from '../../providers/http-call';
import type { Problems } from '../problems';
import type { Behaviour, EndpointHandler, Handlers } from './definitions';

/** The agent's name, token and start. */
export interface InstanceIdentity {
  readonly fleet: string;
  readonly agent: string;
  readonly token: string;
  readonly instanceId: string;
  /** The URL at which Drover calls it. */
  readonly endpoint: string;
  /** The session that Drover has kept for the agent; null: none. */
  readonly session: string | null;
}

/** Answers one call; rejects as a connection does. */
export type Serve = (call: HttpCall, path: string) => Promise<HttpAnswer>;

/** An instance, in memory or as a process. */
export interface Instance {
  readonly endpoint: string;
  readonly instanceId: string;
  /** The content of its next beat; null while it does not beat. */
  pulse(): Pick<Heartbeat, 'status' | 'endpoint'> | null;
  /** Whether the test has silenced it. */
  readonly isSilent: boolean;
  /** Answers a call at its endpoint. */
  readonly call: Serve;
  /** Prepares it for turns. Rejects if it cannot take any. */
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** It neither beats nor answers from now on. */
  silence(): void;
  /** Ends it at once. */
  end(): Promise<void>;
  /** The process id; null in memory. */
  readonly pid: number | null;
}

/** The connection to a program that has ended. */
export function connectionError(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

/** An agent in memory. */
export class MemoryInstance implements Instance {
  readonly endpoint: string;
  readonly instanceId: string;
  readonly pid = null;
  readonly call: Serve;
  readonly #handlers: Handlers | null;
  readonly #session: string | null;
  #status: Heartbeat['status'] = 'starting';
  #isSilent = false;
  #hasEnded = false;
  #frozen: { readonly thawed: Promise<void>; readonly thaw: () => void } | null = null;

  constructor(
    identity: InstanceIdentity,
    serves: Exclude<Behaviour['serves'], { kind: 'process' }>,
    problems: Problems,
  ) {
    this.endpoint = identity.endpoint;
    this.instanceId = identity.instanceId;
    this.#session = identity.session;
    this.#handlers = serves.kind === 'handlers' ? serves.handlers : null;
    const answer =
      serves.kind === 'handlers'
        ? overRoutes(identity, serves.handlers, () => this.#status, problems)
        : overEndpoint(identity, serves.handler, problems);
    this.call = (call, path) => this.#answer(() => answer(call, path), call.signal);
  }

  pulse(): Pick<Heartbeat, 'status' | 'endpoint'> | null {
    if (this.#isSilent || this.#hasEnded || this.#frozen !== null) return null;
    return { status: this.#status, endpoint: this.endpoint };
  }

  async start(): Promise<void> {
    await this.#handlers?.onStart?.({ session: this.#session });
    this.#status = 'ready';
  }

  freeze(): void {
    if (this.#frozen !== null) return;
    let thaw = (): void => undefined;
    const thawed = new Promise<void>((resolve) => (thaw = resolve));
    this.#frozen = { thawed, thaw };
  }

  thaw(): void {
    this.#frozen?.thaw();
    this.#frozen = null;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  silence(): void {
    this.#isSilent = true;
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    this.thaw();
  }

  async #answer(serve: () => Promise<HttpAnswer>, signal: AbortSignal): Promise<HttpAnswer> {
    if (this.#hasEnded) throw connectionError('ECONNREFUSED');
    const answer = serve();
    answer.catch(() => undefined);
    const answered = await unlessAborted(answer, signal);
    if (this.#frozen !== null) await unlessAborted(this.#frozen.thawed, signal);
    if (this.#hasEnded) throw connectionError('ECONNRESET');
    return answered;
  }
}

/** The same routes and checks as of `serveAgent`. */
function overRoutes(
  { agent, token }: InstanceIdentity,
  handlers: Handlers,
  status: () => Heartbeat['status'],
  problems: Problems,
): Serve {
  const { onTurn, onUndo, onCredentials, onDrain } = handlers;
  const turns = new TurnMemory(async (turn, signal) => {
    const reply = await onTurn({ ...turn, progress: () => undefined }, signal);
    if (signal.aborted) problems.add(agent, 'late', `answered turn ${turn.turnId} after it was withdrawn`);
    return reply;
  });
  const routes = routesOf({ turns, status, onUndo, onCredentials, onDrain });
  return async (call, path) => {
    const body = async () => JSON.stringify(call.body) ?? '';
    const { status, json } = await answerCall(
      { method: call.method, path, authorization: call.headers?.['authorization'], body },
      routes,
      token,
    ).catch((error: unknown): Answer => ({ status: 500, json: JSON.stringify({ error: messageOf(error) }) }));
    return limited(call, status, json);
  };
}

/** An endpoint of the test's own, which sees every call but those with a wrong token. */
function overEndpoint({ agent, token }: InstanceIdentity, handler: EndpointHandler, problems: Problems): Serve {
  return (call, path) =>
    new Promise((resolve, reject) => {
      if (path !== AGENT_PATHS.health && call.headers?.['authorization'] !== `Bearer ${token}`) {
        resolve(limited(call, 401, JSON.stringify({ error: 'not the token of this agent' })));
        return;
      }
      const { method, body, signal } = call;
      const what = path === AGENT_PATHS.turn ? `turn ${turnIdOf(body)}` : `${method} ${path}`;
      let answers = 0;
      const respond = (status: number, given?: unknown): void => {
        answers += 1;
        if (answers > 1) problems.add(agent, 'twice', `answered ${what} twice`);
        else if (signal.aborted) problems.add(agent, 'late', `answered ${what} after Drover had stopped waiting`);
        resolve(limited(call, status, typeof given === 'string' ? given : (JSON.stringify(given) ?? '')));
      };
      Promise.resolve(handler({ method, path, body: asSent(body), signal }, respond)).catch(reject);
    });
}

function asSent(body: unknown): unknown {
  return body === undefined ? undefined : (JSON.parse(JSON.stringify(body)) as unknown);
}

/** The id of the turn in the body of a call. */
export function turnIdOf(body: unknown): string {
  return (body as Pick<TurnRequest, 'turnId'>).turnId;
}

function limited({ limitBytes }: HttpCall, status: number, text: string): HttpAnswer {
  return { status, headers: {}, text: Buffer.byteLength(text) > limitBytes ? undefined : text };
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
