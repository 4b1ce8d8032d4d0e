/** The agents of a test: functions, scripts, endpoints and processes. */
import type { AgentOptions } from '../../agent/options';
import { fail } from '../../agent/replies';
import type { TurnHandler } from '../../agent/turn-memory';
import type { TurnReply, TurnRequest } from '../../contract/agent/turns';
import type { Duration } from '../../contract/values/duration';
import type { ScriptedReply } from '../../contract/run/script';
import { scriptedTurn } from '../../rules/run/script';
import { mustBeDuration } from '../durations';

/** The handlers of `serveAgent` that an agent of a test may have. */
export type Handlers = Pick<AgentOptions, 'onTurn' | 'onStart' | 'onUndo' | 'onCredentials' | 'onDrain' | 'onBeat'>;

/** One call of the protocol (docs/agents.md, "At the endpoint"), as an endpoint receives it. */
export interface EndpointRequest {
  readonly method: string;
  /** The path below the endpoint, such as `/turn`. */
  readonly path: string;
  /** The parsed body; undefined for a call without one. */
  readonly body: unknown;
  /** Aborts when Drover no longer waits for the answer. */
  readonly signal: AbortSignal;
}

/**
 * Answers a call: a status, and a body, which is sent as JSON unless it is a text. A second answer
 * is a problem of the agent.
 */
export type Respond = (status: number, body?: unknown) => void;

/** Takes every call to an agent itself, below `serveAgent`. */
export type EndpointHandler = (request: EndpointRequest, respond: Respond) => void | Promise<void>;

/** A process that serves an agent; `cwd` and `env` as of a process agent in a fleet file. */
export interface ProcessCommand {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** An agent that `script`, `slow`, `silentAfter`, `endpoint` or `serve` has made. */
export class AgentDouble {
  readonly make: () => Behaviour;

  constructor(make: () => Behaviour) {
    this.make = make;
  }
}

/**
 * An agent of a test: a function that takes turns, as `serveAgent` takes it, the handlers of
 * `serveAgent`, or a double.
 */
export type TestAgent = TurnHandler | Handlers | AgentDouble;

/** An action before the answer to a turn. */
export interface Beforehand {
  readonly delayMs: number;
  /** The agent ends with this exit code instead of an answer; `done` is called when it has. */
  readonly crash?: { readonly exitCode: number; readonly done: () => void };
}

/** How every instance of one agent behaves. */
export interface Behaviour {
  readonly serves:
    | { readonly kind: 'handlers'; readonly handlers: Handlers }
    | { readonly kind: 'endpoint'; readonly handler: EndpointHandler }
    | { readonly kind: 'process'; readonly process: ProcessCommand };
  /** The same for every delivery of a turn. */
  readonly before?: (turn: TurnRequest) => Beforehand;
  /** How long after its start an instance falls silent: it neither beats nor answers. */
  readonly silentAfterMs?: number;
}

/** The behaviour of an agent; each call begins its script again. */
export function behaviourOf(agent: TestAgent): Behaviour {
  if (agent instanceof AgentDouble) return agent.make();
  const handlers = typeof agent === 'function' ? { onTurn: agent } : agent;
  return { serves: { kind: 'handlers', handlers } };
}

/** The action of `crash`, which no agent may use. */
const CRASH = 'crash of a test';

/**
 * An agent that gives these replies, one a turn, in order. A turn that is asked again gets the same
 * reply. After the last one the agent fails its turns, unless that has `repeat: true`.
 *
 * @example
 * const Writer = script(invoke('Critic', 'Is this good?'), after('10m', final('It is done.')));
 */
export function script(...replies: readonly (TurnReply | ScriptedReply)[]): AgentDouble {
  return new AgentDouble(() => {
    const entries = replies.map((reply): ScriptedReply => ({ ...reply }));
    const turns = new Map<string, { readonly reply: TurnReply; readonly before: Beforehand }>();
    let position = 0;
    const take = (turn: TurnRequest) => {
      const known = turns.get(turn.turnId);
      if (known) return known;
      const { outcome, delayMs, next } = scriptedTurn({ [turn.agent]: entries }, turn.agent, position, Infinity);
      position = next;
      const reply = 'error' in outcome ? fail(outcome.error.message) : (outcome.reply as TurnReply);
      // The turn is asked again after the crash, and gets the next entry.
      const done = () => void turns.delete(turn.turnId);
      const crashed = isCrash(reply) ? { crash: { exitCode: reply.exitCode, done } } : {};
      const taken = { reply, before: { delayMs, ...crashed } };
      turns.set(turn.turnId, taken);
      return taken;
    };
    const onTurn: TurnHandler = (turn) => take(turn).reply;
    return { serves: { kind: 'handlers', handlers: { onTurn } }, before: (turn) => take(turn).before };
  });
}

function isCrash(reply: object): reply is { readonly exitCode: number } {
  return 'action' in reply && reply.action === CRASH && 'exitCode' in reply;
}

/**
 * A reply of a script that takes this much simulated time.
 *
 * @example
 * script(after('3m', final('draft')))
 */
export function after(delay: Duration, reply: TurnReply | ScriptedReply): ScriptedReply {
  mustBeDuration(delay);
  return { ...reply, delay };
}

/**
 * An entry of a script: the agent's process ends during the turn, with this exit code.
 *
 * @example
 * script(crash(), final('the second try'))
 */
export function crash(exitCode = 1): ScriptedReply {
  return { action: CRASH, exitCode };
}

/**
 * An agent that takes this much simulated time for every turn, before its handler is called.
 *
 * @example
 * const Writer = slow('20m', myOnTurn);
 */
export function slow(delay: Duration, agent: TestAgent): AgentDouble {
  const delayMs = mustBeDuration(delay);
  return new AgentDouble(() => {
    const { before, ...behaviour } = behaviourOf(agent);
    return {
      ...behaviour,
      before: (turn) => {
        const own = before?.(turn) ?? { delayMs: 0 };
        return { ...own, delayMs: own.delayMs + delayMs };
      },
    };
  });
}

/**
 * An agent that falls silent this long after each of its starts: it neither beats nor answers, and
 * its process still runs. Until then it behaves like `agent`.
 *
 * @example
 * const Editor = silentAfter('3m', script(final('edited')));
 */
export function silentAfter(duration: Duration, agent: TestAgent = script()): AgentDouble {
  const silentAfterMs = mustBeDuration(duration);
  return new AgentDouble(() => ({ ...behaviourOf(agent), silentAfterMs }));
}

/**
 * An agent that takes each call of the protocol itself, as a program without `serveAgent` does. The
 * test asks every answered turn a second time, because Drover may (docs/agents.md): another answer
 * is a problem of the agent.
 *
 * @example
 * const Writer = endpoint(({ path, body }, respond) => respond(200, { action: 'final', response: 1 }));
 */
export function endpoint(handler: EndpointHandler): AgentDouble {
  return new AgentDouble(() => ({ serves: { kind: 'endpoint', handler } }));
}

/**
 * An agent that is a real process, in any language, started as Drover starts it: with its
 * variables, and a gateway to beat to. The last argument may hold `cwd` and `env`. On a machine
 * without a command `python`, `python3` is taken.
 *
 * @example
 * const Writer = serve('python', 'agent.py');
 */
export function serve(
  command: string,
  ...rest: readonly (string | Pick<ProcessCommand, 'cwd' | 'env'>)[]
): AgentDouble {
  const args = rest.filter((part) => typeof part === 'string');
  const settings = rest.find((part) => typeof part !== 'string') ?? {};
  const process = { ...settings, command: [command, ...args] };
  return new AgentDouble(() => ({ serves: { kind: 'process', process } }));
}
