/**
 * One prompt of a session, from its beginning to its end. It may take several turns of Drover: a
 * question about a permission ends one, and its answer begins the next.
 */
import { type AgentTurn, ask } from '../../agent';
import type { TurnReply } from '../../contract/agent/turns';
import type { TurnProgress } from '../../contract/agent/progress';
import type { TurnUsage } from '../../contract/usage';
import { type ReadAnswer, readReply, readText } from '../answer';
import { AgentFailure } from '../failure';
import { Kept } from '../fitting';
import { mayAsk } from '../prompt';
import { amountIn, recordIn } from '../records';
import { addedUsage, usageOf } from '../usage';
import { stopFailure } from './failures';
import { chosen, type Decision, decisionOf, permissionQuestion } from './permissions';
import type {
  PlanEntry,
  PromptResponse,
  RequestPermissionRequest,
  RequestPermissionResponse,
  SessionNotification,
} from './sdk';
import type { ReplyTaker } from './tools';

/** How questions about permissions are answered; `timeout` is when `ask` means no. */
export interface PermissionPolicy {
  readonly mode: 'ask' | 'allow' | 'deny';
  readonly timeout: string;
}

interface Asked {
  readonly question: string;
  readonly request: RequestPermissionRequest;
  readonly decide: (response: RequestPermissionResponse) => void;
}

/** The answer for the current turn. */
type Outcome = { readonly reply: TurnReply } | { readonly failure: AgentFailure };

/** Characters of an unfinished message that people see: its end. */
const PROGRESS_CHARACTERS = 300;
/** How long an agent may go on after its reply: it ends its message, and reports its usage. */
const REPLIED_MS = 20_000;

/** One prompt. */
export class Work {
  turn: AgentTurn;
  private readonly policy: PermissionPolicy;
  private readonly asked: Asked[] = [];
  private readonly decided = new Map<string, Decision>();
  private reply: TurnReply | undefined;
  private said = new Kept();
  /** Its end, for people who look on. */
  private shown = '';
  private messageId: string | null | undefined;
  private afterTool = false;
  private costBefore = 0;
  private cost: number | undefined;
  private isStopped = false;
  private stopping: (() => void) | undefined;
  private usage: TurnUsage | undefined;
  private outcome: Outcome | undefined;
  private wake: () => void = () => undefined;

  constructor(turn: AgentTurn, policy: PermissionPolicy) {
    this.turn = turn;
    this.policy = policy;
    const { input } = turn;
    // The adapter started again while a human was asked: the agent will ask the same again.
    if (input.kind === 'answer' && typeof input.question === 'string')
      this.decided.set(input.question, decisionOf(input.value));
  }

  /** The cost of the session so far, for its next prompt. */
  get sessionCost(): number {
    return this.cost ?? this.costBefore;
  }

  /** Whether the human is asked about a permission. */
  get isAsking(): boolean {
    return this.asked.length > 0;
  }

  /** Waits for what the turn answers: a question about a permission, or the reply. */
  async next(): Promise<TurnReply> {
    for (;;) {
      const [question] = this.asked;
      if (question) return this.withUsage(ask(question.question, { timeout: this.policy.timeout, default: 'deny' }));
      if (this.outcome && 'failure' in this.outcome) throw this.outcome.failure;
      if (this.outcome) return this.withUsage(this.outcome.reply);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** The prompt begins. `costBefore` is what its session has cost. */
  begin(costBefore: number): void {
    this.costBefore = costBefore;
  }

  /** Called when the prompt is to be cancelled, at once if that is so already. */
  set onStop(stop: () => void) {
    this.stopping = stop;
    if (this.isStopped) stop();
  }

  /** Ends the prompt early. Open questions are cancelled, as the protocol wants it. */
  stop(why: string): void {
    this.end({ failure: new AgentFailure(why) });
    if (this.isStopped) return;
    this.isStopped = true;
    for (const { decide } of this.asked.splice(0)) decide({ outcome: { outcome: 'cancelled' } });
    this.stopping?.();
  }

  private spent(cost: number | undefined): void {
    if (cost === undefined) return;
    // Another process of the agent counts from its own beginning.
    if (cost < this.costBefore) this.costBefore = 0;
    this.cost = cost;
  }

  /** Takes the turn that brings the human's answer. False: it brings another. */
  answered(turn: AgentTurn): boolean {
    const { input } = turn;
    if (input.kind !== 'answer' || input.question !== this.asked[0]?.question) return false;
    this.turn = turn;
    this.decideFirst(decisionOf(input.value));
    return true;
  }

  /** The agent asks for a permission. */
  permission(request: RequestPermissionRequest): Promise<RequestPermissionResponse> | RequestPermissionResponse {
    const { mode } = this.policy;
    const question = permissionQuestion(this.turn.agent, request);
    const known = mode === 'ask' ? this.decided.get(question) : mode;
    if (known !== undefined) return chosen(known, request.options);
    if (!mayAsk(this.turn)) {
      console.error(`drover: denied, because the topology has no edge ${this.turn.agent} -> User: ${question}`);
      return chosen('deny', request.options);
    }
    return new Promise((decide) => {
      this.asked.push({ question, request, decide });
      this.wake();
    });
  }

  /** A tool of the adapter was called. */
  readonly take: ReplyTaker = (value) => {
    if (this.reply !== undefined)
      return {
        text: `You have ended your part with ${this.reply.action} already; only that counts. Stop now.`,
        refused: true,
      };
    const read = readReply(value, this.turn);
    if ('problem' in read) return { text: `${read.problem}. Nothing was passed on: call a tool again.`, refused: true };
    this.reply = read.reply;
    setTimeout(() => this.stop('it went on after its reply'), REPLIED_MS).unref();
    return { text: 'Passed on. Your part is done: stop now.', refused: false };
  };

  /** The agent reports its progress. */
  update({ update }: Pick<SessionNotification, 'update'>): void {
    switch (update.sessionUpdate) {
      case 'agent_message_chunk':
        if (update.content.type === 'text') this.hear(update.content.text, update.messageId);
        break;
      case 'tool_call':
        this.afterTool = true;
        this.turn.progress({ tool: update.title });
        break;
      case 'plan':
        this.turn.progress(planProgress(update.entries));
        break;
      case 'usage_update':
        this.spent(costIn({ update }));
        break;
      default:
    }
  }

  /** The outcome of a prompt; `problem`: the agent is to be asked again. */
  read(response: PromptResponse): ReadAnswer {
    this.usage = addedUsage(this.usage, tokensIn(response));
    if (this.reply !== undefined) return { reply: this.reply };
    const failure = stopFailure(response.stopReason);
    if (failure !== null) throw failure;
    const { text, dropped } = this.said;
    this.said = new Kept();
    this.shown = '';
    return readText(text, this.turn, dropped);
  }

  /** The prompt is over. */
  end(outcome: Outcome): void {
    this.outcome ??= this.reply === undefined ? outcome : { reply: this.reply };
    this.wake();
  }

  private decideFirst(decision: Decision): void {
    const first = this.asked.shift();
    if (first === undefined) return;
    if (decision !== 'allow') this.decided.set(first.question, decision);
    first.decide(chosen(decision, first.request.options));
  }

  /** Only the last message is the answer: those before it tell what the agent does. */
  private hear(text: string, messageId: string | null | undefined): void {
    if (this.afterTool || (typeof messageId === 'string' && messageId !== this.messageId)) {
      this.said = new Kept();
      this.shown = '';
    }
    this.afterTool = false;
    this.messageId = messageId ?? this.messageId;
    this.said.add(text);
    // Not a slice of the whole, which would copy it for each of many thousand pieces.
    this.shown = (this.shown + text).slice(-PROGRESS_CHARACTERS);
    this.turn.progress({ text: this.shown });
  }

  private withUsage(reply: TurnReply): TurnReply {
    const costUsd = this.cost === undefined ? undefined : this.cost - this.costBefore;
    const usage = addedUsage(usageOf({ costUsd }), this.usage);
    this.costBefore = this.sessionCost;
    this.usage = undefined;
    return usage === undefined || isNothing(usage) ? reply : { usage, ...reply };
  }
}

/** The tokens of a prompt; those that were cached are input too. */
function tokensIn(response: PromptResponse): TurnUsage | undefined {
  const used = recordIn(response, 'usage');
  const input = amountIn(used, 'inputTokens');
  const cached = (amountIn(used, 'cachedReadTokens') ?? 0) + (amountIn(used, 'cachedWriteTokens') ?? 0);
  return usageOf({
    inputTokens: input === undefined ? undefined : input + cached,
    outputTokens: amountIn(used, 'outputTokens'),
  });
}

/** The cost of a session so far, in US dollars. */
export function costIn({ update }: Pick<SessionNotification, 'update'>): number | undefined {
  const cost = update.sessionUpdate === 'usage_update' ? update.cost : undefined;
  return cost?.currency === 'USD' ? amountIn({ ...cost }, 'amount') : undefined;
}

/** A question in the middle of a prompt, before the agent has told what it took. */
function isNothing({ costUsd, inputTokens, outputTokens }: TurnUsage): boolean {
  return costUsd === 0 && inputTokens === undefined && outputTokens === undefined;
}

/** The step of a plan that the agent works on, and how many are done. */
function planProgress(entries: readonly PlanEntry[]): TurnProgress {
  const current = entries.find(({ status }) => status === 'in_progress');
  const done = entries.filter(({ status }) => status === 'completed').length;
  return { done, total: entries.length, ...(current === undefined ? {} : { text: current.content }) };
}
