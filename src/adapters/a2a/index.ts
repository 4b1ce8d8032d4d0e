/** Makes an agent of a service that speaks the Agent2Agent protocol. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type AgentTurn, ask } from '../../agent';
import type { TurnReply } from '../../contract/agent/turns';
import { messageOf, QUOTE_BYTES, SHORT_BYTES, boundedText } from '../../contract/text';
import { type ReadAnswer, readText, readValue } from '../answer';
import { AgentFailure } from '../failure';
import { mayAsk, repairPrompt } from '../prompt';
import type { Adapter } from '../serve';
import type { Sessions } from '../sessions';
import { type A2aService, connect, type Connected } from './card';
import { messageOfParts, partOf, partsOf } from './message';
import { keptOf, type Kept, textOfKept } from './kept';
import { type Message, type Part, TASK_STATES } from './sdk';
import { Followed } from './task';

/** The service and its surroundings. */
export interface A2aSettings extends A2aService {
  readonly sessions: Sessions;
  /** Between two looks at a task that does not stream, in milliseconds; 1 s unless given. */
  readonly pollMs?: number;
}

/** How often the agent is asked again in one turn because its answer was not a valid reply. */
const REPAIRS = 2;
/** Characters of an unfinished message that people see: its end. */
const PROGRESS_CHARACTERS = 300;
const POLL_MS = 1_000;
/** A cancel may fail: the turn is over for Drover anyway. */
const CANCEL_MS = 5_000;

/** Reads the card. Rejects with the reason why the service cannot take turns. */
export async function a2aAdapter(settings: A2aSettings): Promise<Adapter> {
  const adapter = new A2aAdapter(settings, await connect(settings));
  return { onTurn: (turn, signal) => settings.sessions.alone(turn, () => adapter.takeTurn(turn, signal)) };
}

class A2aAdapter {
  private readonly settings: A2aSettings;
  private readonly connected: Connected;

  constructor(settings: A2aSettings, connected: Connected) {
    this.settings = settings;
    this.connected = connected;
  }

  async takeTurn(turn: AgentTurn, signal: AbortSignal): Promise<TurnReply> {
    signal.throwIfAborted();
    const { sessions } = this.settings;
    const kept = keptOf(sessions.get(turn));
    let followed = await this.first(turn, kept, signal);
    for (let repairs = 0; ; repairs += 1) {
      const read = this.read(followed, turn);
      if ('reply' in read) return read.reply;
      if (repairs === REPAIRS) throw new AgentFailure(`its answer is not a valid reply: ${read.problem}`);
      const text = partOf(repairPrompt(read.problem));
      followed = await this.send(
        turn,
        [text],
        { contextId: followed.contextId ?? '', taskId: '' },
        signal,
        repairs + 1,
      );
    }
  }

  /** The work of an earlier attempt at this turn, the task that waits for this answer, or a new task. */
  private async first(turn: AgentTurn, kept: Kept, signal: AbortSignal): Promise<Followed> {
    const { sessions } = this.settings;
    const knows = sessions.knows(turn);
    const isAnswer = turn.input.kind === 'answer' && kept.waits;
    try {
      if (kept.taskId !== '' && kept.turn === markOf(turn)) return await this.resumed(turn, kept, signal);
      if (isAnswer && turn.input.kind === 'answer')
        return await this.send(turn, [partOf(turn.input.value)], kept, signal);
    } catch (error) {
      if (!isLost(error)) throw error;
      // The service has started again without its tasks: what the turn has in its memory stays.
      sessions.forget(turn);
      return this.send(turn, partsOf(turn, sessions.knows(turn)), { contextId: '', taskId: '' }, signal);
    }
    if (kept.waits) await this.cancel(kept.taskId);
    return this.send(turn, partsOf(turn, knows), { contextId: kept.contextId, taskId: '' }, signal);
  }

  private async resumed(turn: AgentTurn, { taskId }: Kept, signal: AbortSignal): Promise<Followed> {
    const followed = new Followed();
    followed.replace(await this.task(taskId, signal));
    return this.untilSettled(turn, followed, signal);
  }

  /** The same turn has the same id of its message, so that a service can notice a repeat. */
  private async send(
    turn: AgentTurn,
    parts: readonly Part[],
    place: { readonly contextId: string; readonly taskId: string },
    signal: AbortSignal,
    repair = 0,
  ): Promise<Followed> {
    const message = messageOfParts(`${markOf(turn)}-${String(repair)}`, parts, place);
    const followed = new Followed();
    try {
      for await (const update of this.updates(message, signal)) {
        const text = followed.take(update);
        this.remember(turn, followed);
        if (text !== null && text !== '') turn.progress({ text: text.slice(-PROGRESS_CHARACTERS) });
        if (followed.isSettled) break;
      }
    } catch (error) {
      if (signal.aborted) await this.withdrawn(turn, followed);
      // A stream that broke off: the task goes on, and is looked at until it ends.
      if (signal.aborted || followed.id === undefined || error instanceof AgentFailure) throw error;
      console.error(`drover: the stream of task ${followed.id} broke off: ${messageOf(error)}`);
    }
    return this.untilSettled(turn, followed, signal);
  }

  private async *updates(message: Message, signal: AbortSignal) {
    const { client, streams } = this.connected;
    const configuration = {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      // Without a stream, a task is looked at: an answer of minutes would outlast the connection.
      returnImmediately: !streams,
    };
    const params = { tenant: '', message, configuration, metadata: undefined };
    if (streams) {
      yield* client.sendMessageStream(params, { signal });
      return;
    }
    const value = await client.transport.sendMessage(params, { signal });
    yield 'messageId' in value
      ? ({ payload: { $case: 'message', value } } as const)
      : ({ payload: { $case: 'task', value } } as const);
  }

  private async untilSettled(turn: AgentTurn, followed: Followed, signal: AbortSignal): Promise<Followed> {
    const { pollMs = POLL_MS } = this.settings;
    try {
      while (!followed.isSettled) {
        if (followed.id === undefined)
          throw new AgentFailure('it ended its answer without a message and without a task');
        await pause(pollMs, undefined, { signal });
        followed.replace(await this.task(followed.id, signal));
        if (followed.remark !== '') turn.progress({ text: followed.remark.slice(-PROGRESS_CHARACTERS) });
      }
    } catch (error) {
      if (signal.aborted) await this.withdrawn(turn, followed);
      throw error;
    }
    this.remember(turn, followed);
    return followed;
  }

  private task(id: string, signal: AbortSignal) {
    return this.connected.client.getTask({ tenant: '', id }, { signal });
  }

  /** The context goes on with the next turn; the task only where it waits, or where this turn comes again. */
  private remember(turn: AgentTurn, { id = '', contextId = '', state, isSettled }: Followed): void {
    if (contextId === '') return;
    const waits = state === TASK_STATES.inputRequired;
    const kept = { contextId, taskId: !isSettled || waits ? id : '', turn: waits ? '' : markOf(turn), waits };
    this.settings.sessions.set(turn, textOfKept(kept));
  }

  private async withdrawn(turn: AgentTurn, { id, contextId = '' }: Followed): Promise<void> {
    if (id === undefined) return;
    if (contextId !== '')
      this.settings.sessions.set(turn, textOfKept({ contextId, taskId: '', turn: '', waits: false }));
    await this.cancel(id);
  }

  private async cancel(id: string): Promise<void> {
    try {
      const signal = AbortSignal.timeout(CANCEL_MS);
      await this.connected.client.cancelTask({ tenant: '', id, metadata: undefined }, { signal });
    } catch (error) {
      // It may have ended at this moment, or not know how to cancel.
      console.error(`drover: task ${id} was not cancelled: ${messageOf(error)}`);
    }
  }

  private read(followed: Followed, turn: AgentTurn): ReadAnswer {
    const { state, remark, said } = followed;
    switch (state) {
      case TASK_STATES.completed:
        return said.kind === 'value' ? readValue(said.value, turn) : readText(said.text, turn, said.dropped);
      case TASK_STATES.inputRequired: {
        const question = boundedText(remark === '' ? 'It needs input, and does not say which.' : remark, QUOTE_BYTES);
        if (mayAsk(turn)) return { reply: ask(question) };
        throw new AgentFailure(`it asks, and no flow leads from ${turn.agent} to User: ${question}`);
      }
      case TASK_STATES.authRequired:
        throw new AgentFailure(`it wants another login: ${boundedText(remark, SHORT_BYTES)}`, { status: 401 });
      default:
        throw new AgentFailure(
          `${ENDS[state] ?? 'the task ended'}: ${boundedText(remark || 'without a reason', QUOTE_BYTES)}`,
        );
    }
  }
}

const ENDS: Readonly<Record<number, string>> = {
  [TASK_STATES.failed]: 'the task failed',
  [TASK_STATES.canceled]: 'the task was cancelled by the agent',
  [TASK_STATES.rejected]: 'the task was rejected',
};

/** An id of a turn is long; the service gets a short one that is the same for each attempt. */
function markOf({ turnId }: AgentTurn): string {
  return createHash('sha256').update(turnId).digest('hex').slice(0, 24);
}

function isLost(error: unknown): boolean {
  return error instanceof Error && /task ?not ?found/i.test(`${error.name} ${error.message}`);
}
