/** The prompt of a turn for a program that knows nothing of Drover. */
import type { MemoryEntry, TurnInput, TurnRequest } from '../contract/agent/turns';
import { END, USER } from '../contract/fleet/topology';

/** How the program can hand over: a block at the end of its answer, or tools. */
export type Means = 'block' | 'tools';

/** The content that the session of a turn has already: its earlier turns, and the task too. */
export interface PromptOptions {
  readonly means: Means;
  readonly continues: boolean;
  readonly knowsTask: boolean;
}

/** Marks the block of a reply; see answer.ts. */
export const BLOCK = 'drover';

/** The prompt of a turn. */
export function promptOf(turn: TurnRequest, { means, continues, knowsTask }: PromptOptions): string {
  const { agent, task, input, memory } = turn;
  return parts([
    continues
      ? null
      : `You are the agent ${agent}, one of several agents that work on a task together. A program passes your answer on; no person reads along.`,
    knowsTask || input.kind === 'task' ? null : section('The task that all of you work on', task),
    continues || memory.length === 0
      ? null
      : `What you did before in this task:\n\n${memory.map(remembered).join('\n\n')}`,
    inputText(input),
    howToAnswer(turn, means),
  ]);
}

/** The prompt after an answer that was not a valid reply. */
export function repairPrompt(problem: string): string {
  return `Your answer was not a valid reply: ${problem}. Answer again, as a whole.`;
}

/** The agents that a turn may invoke, without the ends of the topology. */
export function targetsOf({ mayInvoke }: Pick<TurnRequest, 'mayInvoke'>): string[] {
  return mayInvoke.filter((name) => name !== END && name !== USER);
}

/** Whether the turn may ask the human. */
export function mayAsk({ mayInvoke }: Pick<TurnRequest, 'mayInvoke'>): boolean {
  return mayInvoke.includes(USER);
}

function inputText(input: TurnInput): string {
  switch (input.kind) {
    case 'task':
      return section('Your task', input.value);
    case 'request':
      return section(`The request of ${input.from} to you`, input.value);
    case 'results':
      return parts([
        'The agents that you invoked have answered.',
        ...input.results.map(({ from, value }) => section(`The answer of ${from}`, value)),
        ...input.failures.map(({ from, error }) => section(`${from} failed`, error)),
      ]);
    case 'answer':
      return parts([section('You asked the human', input.question), section('The human answers', input.value)]);
    case 'invalid':
      return parts([section('Your last reply', input.reply), `It was not valid: ${input.reason}. Reply again.`]);
  }
}

function remembered({ input, reply }: MemoryEntry): string {
  return parts([inputText(input), section('Your reply', reply)]);
}

function howToAnswer(turn: TurnRequest, means: Means): string {
  const targets = targetsOf(turn);
  const asks = mayAsk(turn);
  const others = targets.length === 0 ? [] : [`You may hand over to: ${targets.join(', ')}.`];
  const lines = means === 'tools' ? tools(targets, asks) : block(targets, asks);
  return [...others, ...lines].join('\n');
}

function tools(targets: readonly string[], asks: boolean): string[] {
  return [
    'The tools of the MCP server "drover" end your part:',
    ...(targets.length === 0
      ? []
      : ['- invoke hands over to one agent, or to several at the same time; you get the results of several back']),
    ...(asks ? ['- ask asks the human'] : []),
    '- final gives your answer; fail says that you cannot do it',
    'Call one of them once, then stop. Without a call, your last message is your answer.',
  ];
}

function block(targets: readonly string[], asks: boolean): string[] {
  const [first] = targets;
  const example = (reply: unknown): string => `\`\`\`${BLOCK}\n${JSON.stringify(reply)}\n\`\`\``;
  return [
    ...(first === undefined
      ? []
      : [
          'To hand over, end your answer with this block, with one invocation or with several that run at the same time:',
          example({ action: 'invoke', invocations: [{ agent: first, request: 'what it is to do' }] }),
        ]),
    ...(asks ? ['To ask the human, end your answer with:', example({ action: 'ask', question: 'your question' })] : []),
    ...(first === undefined && !asks ? [] : ['Without such a block, all that you write is your final answer.']),
  ];
}

function section(title: string, value: unknown): string {
  return `${title}:\n${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}`;
}

function parts(texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== '').join('\n\n');
}
