/** Presents the questions of a run as waiting items, and refuses answers that do not fit them. */
import { DroverError } from '../../contract/errors';
import { fnv1a64 } from '../../contract/values/fnv';
import { type InboxSpec, type ItemAnswer, itemId, type WaitingItem, type WaitingKind } from '../../contract/run/inbox';
import { MOST_RETURNED_BYTES } from './branch-input';
import { readVerdict } from '../coordination/fan-out/verdict';
import { asksPermission } from '../coordination/permission';
import { durationMs } from '../lib/duration';
import { canonicalJson } from '../lib/fingerprint';
import { jsonBytes } from '../lib/json-bytes';
import { isRecord } from '../lib/parse';
import type { Asked, InboxTimes } from './human';

/** The run that items belong to. */
export interface RunOfItems {
  readonly fleet: string;
  readonly run: string;
  readonly escalateTo: string | null;
  readonly isPaused: boolean;
  /** The id of the workflow's execution: a later run of the same name has other questions. */
  readonly execution: string;
}

/** The settings of a fleet file, in milliseconds. */
export function inboxTimes({ remindAfter, escalateAfter, deadline, onDeadline, ...rest }: InboxSpec): InboxTimes {
  return {
    remindMs: msOf(remindAfter),
    escalateMs: msOf(escalateAfter),
    deadlineMs: msOf(deadline),
    onDeadline: onDeadline ?? 'fail',
    default: rest.default ?? null,
  };
}

/** The kind of a question: an agent marks a permission by `kind: permission` in its question. */
export function kindOf({ question: { kind, question } }: Pick<Asked, 'question'>): WaitingKind {
  if (kind !== undefined) return kind;
  return asksPermission(question) ? 'permission' : 'question';
}

/** The item of a question. */
export function itemOf(asked: Asked, { fleet, run, escalateTo, isPaused, execution }: RunOfItems): WaitingItem {
  const { number, question, since, onDeadline, dueAt } = asked;
  const { branch, agent, context } = question;
  const id = itemId(fleet, run, number);
  const options = optionsOf(question.question);
  const [deadline, remindAt] = [dueAt('deadline'), dueAt('reminder')];
  return {
    id,
    kind: kindOf(asked),
    fleet,
    run,
    branch,
    agent,
    prompt: promptOf(question.question),
    ...(options && { options }),
    context: context ?? contextOf(question.question),
    askedAt: isoOf(since),
    ...(deadline !== null && { deadline: isoOf(deadline) }),
    ...(onDeadline !== null && { onDeadline }),
    ...(remindAt !== null && { remindAt: isoOf(remindAt) }),
    ...(escalateTo !== null && { escalateTo }),
    isExpired: asked.isExpired(),
    isPaused,
    digest: digestOf(`${id} ${execution}`, asked),
  };
}

/** The items within the limit of a query's answer: the oldest ones, the rest without their contexts. */
export function itemsWithin(items: readonly WaitingItem[]): WaitingItem[] {
  let bytes = 0;
  return items.flatMap((item) => {
    const bare: WaitingItem = { ...item, prompt: null, context: null };
    const shown = bytes + jsonBytes(item) <= MOST_RETURNED_BYTES ? item : bare;
    bytes += jsonBytes(shown);
    return bytes <= MOST_RETURNED_BYTES ? [shown] : [];
  });
}

/** How an item ended, for those who answer it later. */
export interface SettledItem {
  readonly number: number;
  readonly how: 'answered' | 'expired' | 'withdrawn';
  readonly by: string | null;
  readonly at: string;
}

/** How many ended items a run remembers. */
const SETTLED_KEPT = 200;

/** Adds an ended item and drops the oldest ones. */
export function withSettled(settled: readonly SettledItem[], item: SettledItem): readonly SettledItem[] {
  return [...settled, item].slice(-SETTLED_KEPT);
}

/** Throws the refusal of an answer: late, twice, to a changed question, or none of the options. */
export function checkItemAnswer(
  { number, value, digest }: ItemAnswer,
  waiting: readonly Asked[],
  settled: readonly SettledItem[],
  run: RunOfItems,
): void {
  const asked = mustWait(number, waiting, settled, run);
  const item = itemOf(asked, run);
  if (digest !== undefined && digest !== item.digest) {
    throw new DroverError(
      'RuntimeStateError',
      `the question of ${item.id} has changed since it was shown; look at it again (drover inbox) and answer it as it is now`,
      { digest: item.digest },
    );
  }
  const { options } = item;
  if (options === undefined || !options.every((option) => typeof option === 'string')) return;
  if (typeof value === 'string' && options.includes(value)) return;
  throw new DroverError('InvalidRequest', `${item.id} takes one of ${options.join(', ')}`);
}

/** The answer that denies a permission or a gate: the option that says no, if it has options. */
export function denialOf({ options = [] }: Pick<WaitingItem, 'options'>): unknown {
  const words = options.filter((option) => typeof option === 'string');
  return words.find((word) => readVerdict(word) === 'no' || /^(?:deny|reject)/i.test(word)) ?? 'no';
}

/** The question with this number. Throws `RuntimeStateError` if it no longer waits. */
export function mustWait(
  number: number,
  waiting: readonly Asked[],
  settled: readonly SettledItem[],
  { fleet, run }: Pick<RunOfItems, 'fleet' | 'run'>,
): Asked {
  const asked = waiting.find((one) => one.number === number);
  if (asked !== undefined) return asked;
  const id = itemId(fleet, run, number);
  const known = settled.find((one) => one.number === number);
  if (known === undefined) throw new DroverError('RuntimeStateError', `nothing waits under the id ${id}`);
  const by = known.by === null ? '' : ` by ${known.by}`;
  const how = {
    answered: `was answered${by} at ${known.at}`,
    expired: `is over: its deadline passed at ${known.at}`,
    withdrawn: `was withdrawn at ${known.at}, because its branch has ended`,
  }[known.how];
  throw new DroverError('RuntimeStateError', `${id} ${how}`, { settled: known.how, at: known.at });
}

function digestOf(id: string, asked: Asked): string {
  const { question, kind, agent, branch } = asked.question;
  return fnv1a64(canonicalJson([id, kind ?? null, agent, branch, question]));
}

const PROMPTS = ['prompt', 'question', 'text', 'message', 'title'] as const;

function promptOf(question: unknown): unknown {
  if (!isRecord(question)) return question;
  const key = PROMPTS.find((name) => typeof question[name] === 'string');
  return key === undefined ? question : question[key];
}

function optionsOf(question: unknown): readonly unknown[] | undefined {
  const options = isRecord(question) ? question['options'] : undefined;
  return Array.isArray(options) && options.length > 0 ? (options as readonly unknown[]) : undefined;
}

function contextOf(question: unknown): unknown {
  return isRecord(question) && question['context'] !== undefined ? question['context'] : null;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function msOf(text: string | undefined): number | null {
  return text === undefined ? null : (durationMs(text) ?? null);
}
