/** Makes a reply of what a program answered. */
import { z } from 'zod';
import { final } from '../agent';
import { durationMs } from '../contract/values/duration';
import { describeProblem, jsonProblem, readJson } from '../contract/values/json';
import { MOST_INVOCATIONS, SIZE_LIMITS, type TurnReply, type TurnRequest } from '../contract/agent/turns';
import type { TurnUsage } from '../contract/usage';
import { fitting } from './fitting';
import { BLOCK, mayAsk, targetsOf } from './prompt';
import { isRecord } from './records';

/** A reply, or why the answer is not a valid one, for the program itself. */
export type ReadAnswer = { readonly reply: TurnReply } | { readonly problem: string };

/** The facts that decide which replies are valid. */
export type ReplyLimits = Pick<TurnRequest, 'agent' | 'mayInvoke'>;

/** A value that Drover carries: the program can shorten what is too large, and a branch would fail with it. */
const given = z.unknown().superRefine((value, context) => {
  const message = value === undefined ? 'is missing' : valueProblem(value);
  if (message !== null) context.addIssue({ code: 'custom', message });
});
const undo = given.exactOptional();
const duration = z
  .string()
  .refine((text) => durationMs(text) !== undefined, 'expected a duration such as 30s, 5m or 2h');
const schema = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('invoke'),
    invocations: z
      .array(z.object({ agent: z.string(), request: given }))
      .min(1, 'expected at least one')
      .max(MOST_INVOCATIONS, `at most ${String(MOST_INVOCATIONS)} are allowed in one reply`),
    undo,
  }),
  z.object({ action: z.literal('final'), response: given, undo }),
  z.object({
    action: z.literal('ask'),
    question: given,
    timeout: duration.exactOptional(),
    default: given.exactOptional(),
    undo,
  }),
  z.object({ action: z.literal('fail'), error: z.string(), undo }),
]);
const ACTIONS: readonly unknown[] = ['invoke', 'final', 'ask', 'fail'];

const tokens = z.number().min(0).exactOptional();
const usageSchema = z.object({
  costUsd: z.number().min(0).exactOptional(),
  inputTokens: tokens,
  outputTokens: tokens,
  model: z.string().exactOptional(),
});

/**
 * A text that a program answered. A block of `drover` at its very end is the reply; any other text
 * is the final answer. The prompt has such blocks too, so one in the middle means nothing. `dropped`
 * bytes after the text were too many to keep.
 */
export function readText(text: string, limits: ReplyLimits, dropped = 0): ReadAnswer {
  const block = dropped > 0 ? undefined : endBlock(text.trimEnd());
  if (block === undefined) return { reply: final(fitting(text.trim(), dropped)) };
  const read = readJson(block);
  if ('syntax' in read) return { problem: `the block "${BLOCK}" at its end is not JSON (${read.syntax})` };
  if ('problem' in read) return { problem: describeProblem(read.problem, BLOCK) };
  return readReply(read.value, limits);
}

const FENCE = '```';
const OPENING = FENCE + BLOCK;

/** What is in the block at the very end of a text, from its last opening; undefined without one. */
function endBlock(text: string): string | undefined {
  if (!text.endsWith(FENCE)) return undefined;
  const end = text.length - FENCE.length;
  for (let at = text.lastIndexOf(OPENING, end); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(OPENING, at - 1)) {
    const line = text.indexOf('\n', at);
    const isAlone = (at === 0 || text[at - 1] === '\n') && line >= 0 && line < end;
    if (isAlone && text.slice(at + OPENING.length, line).trim() === '') return text.slice(line + 1, end);
  }
  return undefined;
}

/** JSON that a program answered: a reply of the protocol, or any other value as the final answer. */
export function readValue(value: unknown, limits: ReplyLimits): ReadAnswer {
  const isReply = isRecord(value) && ACTIONS.includes(value['action']);
  return readReply(isReply ? value : final(value), limits);
}

/** Checks a reply, by the topology too: the program learns at once what Drover would refuse. */
export function readReply(value: unknown, limits: ReplyLimits): ReadAnswer {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { problem: `${['reply', ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'not a reply'}` };
  }
  const problem = refusal(parsed.data, limits);
  if (problem !== null) return { problem };
  return { reply: { ...parsed.data, ...extrasOf(value) } };
}

/** Why Drover cannot carry a value; null: it can. */
function valueProblem(value: unknown): string | null {
  const problem = jsonProblem(value);
  if (problem !== undefined) return describeProblem(problem, 'value');
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= SIZE_LIMITS.value) return null;
  return `${String(bytes)} bytes of JSON, at most ${String(SIZE_LIMITS.value)} are allowed; shorten it`;
}

/** Why the topology does not allow a reply; null: it does. */
function refusal(reply: TurnReply, limits: ReplyLimits): string | null {
  if (reply.action === 'ask') return mayAsk(limits) ? null : `Agent ${limits.agent} cannot ask the human`;
  if (reply.action !== 'invoke') return null;
  const refused = reply.invocations.map(({ agent }) => agent).filter((name) => !limits.mayInvoke.includes(name));
  if (refused.length === 0) return null;
  const targets = targetsOf(limits);
  const may = targets.length === 0 ? 'it may invoke no agent' : `it may invoke ${targets.join(', ')}`;
  return `Agent ${limits.agent} cannot invoke: [${[...new Set(refused)].join(', ')}]; ${may}`;
}

/** The fields of a reply beside its action. Drover checks and reports it. */
function extrasOf(value: unknown): { readonly usage?: TurnUsage; readonly metadata?: unknown } {
  if (!isRecord(value)) return {};
  const { usage, metadata } = value;
  const parsed = usageSchema.safeParse(usage);
  return { ...(parsed.success ? { usage: parsed.data } : {}), ...(metadata === undefined ? {} : { metadata }) };
}
