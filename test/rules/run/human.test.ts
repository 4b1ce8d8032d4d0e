/** Reminders, escalations and deadlines by table, in virtual time; and what counts as consent. */
import type { Answer, Question } from '../../../src/rules/coordination/effects';
import { type Asked, createHuman, type InboxTimes, NO_INBOX_TIMES } from '../../../src/rules/run/human';
import { checkItemAnswer, itemOf, type RunOfItems, type SettledItem } from '../../../src/rules/run/inbox';
import { createVirtualTime } from '../../../src/rules/simulate/virtual-time';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RUN: RunOfItems = { fleet: 'mars', run: 'r', escalateTo: null, isPaused: false, execution: 'e1' };
const asks = (more: Partial<Question> = {}): Question => ({
  branch: '0',
  agent: 'A',
  question: 'Red or blue?',
  timeoutMs: null,
  ...more,
});

function world(times: Partial<InboxTimes>, question: Question = asks()) {
  const time = createVirtualTime();
  const log: string[] = [];
  const human = createHuman(null, time, () => undefined, {
    times: { ...NO_INBOX_TIMES, ...times },
    tell: (news) => log.push(`${news} ${String(time.now() / HOUR)}h`),
  });
  const answers: Answer[] = [];
  human.ask(question, (answer) => answers.push(answer));
  /** Lets time pass, event by event. */
  const pass = (ms: number): void => {
    const end = time.now() + ms;
    for (let at = time.nextAt(); at !== null && at <= end; at = time.nextAt()) time.step();
    time.advanceTo(end);
  };
  const only = (): Asked => human.waiting()[0] ?? fail('nothing waits');
  return { time, log, human, answers, pass, only };
}

const THREE_DAYS = { remindMs: HOUR, escalateMs: DAY, deadlineMs: 3 * DAY };

describe('a question', () => {
  it.each([
    ['default', [{ value: 'blue' }]],
    ['fail', [{ error: 'no answer within 72h' }]],
    ['hold', []],
  ] as const)('is reminded of, escalated, and at its deadline: %s', (onDeadline, expected) => {
    const { pass, log, answers, human } = world({ ...THREE_DAYS, onDeadline, default: 'blue' });
    pass(10 * DAY);
    expect(log).toEqual(['asked 0h', 'reminded 1h', 'escalated 24h', 'expired 72h']);
    expect(answers).toEqual(expected);
    expect(human.waiting().map(({ isExpired }) => isExpired())).toEqual(onDeadline === 'hold' ? [true] : []);
    human.answer('red', 1);
    expect(answers).toHaveLength(1);
  });

  it('has its times stand while the run is paused', () => {
    const { pass, log, human, answers, only } = world({ ...THREE_DAYS, onDeadline: 'fail' });
    pass(HOUR / 2);
    human.setPaused(true);
    expect(only().dueAt('deadline')).toBeNull();
    pass(100 * DAY);
    expect(log).toEqual(['asked 0h']);
    human.setPaused(true);
    human.setPaused(false);
    pass(HOUR / 2 - 1);
    expect(log).toHaveLength(1);
    pass(1);
    expect(log).toEqual(['asked 0h', `reminded ${String(100 * 24 + 1)}h`]);
    pass(2 * DAY);
    expect(answers).toEqual([]);
    pass(DAY);
    expect(answers).toHaveLength(1);
  });

  it('gets its time of a pause that began before it was asked, too', () => {
    const { time, human, pass, log } = world({ remindMs: HOUR });
    human.setPaused(true);
    human.ask(asks(), () => undefined);
    pass(5 * HOUR);
    human.setPaused(false);
    pass(HOUR);
    expect(log).toEqual(['asked 0h', 'asked 0h', 'reminded 6h', 'reminded 6h']);
    expect(time.nextAt()).toBeNull();
  });

  it('can be extended, before and after its deadline', () => {
    const { pass, human, log, answers, only } = world({ deadlineMs: DAY, onDeadline: 'hold' });
    pass(HOUR);
    human.extend(1, DAY);
    expect(only().dueAt('deadline')).toBe(2 * DAY);
    pass(47 * HOUR);
    expect(log).toEqual(['asked 0h', 'expired 48h']);
    human.extend(1, HOUR);
    expect(only().isExpired()).toBe(false);
    pass(HOUR);
    expect(log.at(-1)).toBe('expired 49h');
    expect(answers).toEqual([]);
  });

  it('keeps its own time and default, which never count as consent to a permission', () => {
    const own = asks({ timeoutMs: HOUR, hasDefault: true });
    expect(world({ deadlineMs: DAY }, own).only().onDeadline).toBe('default');
    const permission = { ...own, question: { kind: 'permission', prompt: 'rm -rf?' } };
    expect(world({}, permission).only().onDeadline).toBe('fail');
  });

  it('without any settings has no timer', () => {
    expect(world({}).time.nextAt()).toBeNull();
  });
});

describe('an answer', () => {
  const item = itemOf(world({}).only(), RUN);
  const refusal = (answer: object, waiting: readonly Asked[], settled: readonly SettledItem[] = []): string => {
    try {
      checkItemAnswer({ number: 1, value: 'red', ...answer }, waiting, settled, RUN);
      return 'accepted';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };

  it('needs the digest of the present question, if any', () => {
    const waiting = [world({}).only()];
    expect(refusal({}, waiting)).toBe('accepted');
    expect(refusal({ digest: item.digest }, waiting)).toBe('accepted');
    const changed = [world({}, asks({ question: 'Red or green?' })).only()];
    expect(refusal({ digest: item.digest }, changed)).toContain('has changed since it was shown');
    expect(itemOf(world({}).only(), { ...RUN, execution: 'e2' }).digest).not.toBe(item.digest);
    expect(itemOf(world({ deadlineMs: 1 }).only(), RUN).digest).toBe(item.digest);
  });

  it.each([
    [{ how: 'answered', by: 'alice' }, 'mars.r.1 was answered by alice at T'],
    [{ how: 'expired', by: null }, 'mars.r.1 is over: its deadline passed at T'],
    [{ how: 'withdrawn', by: null }, 'mars.r.1 was withdrawn at T, because its branch has ended'],
  ] as const)('twice or late is refused with what has happened: %j', (ended, words) => {
    expect(refusal({}, [], [{ number: 1, at: 'T', ...ended }])).toBe(words);
  });

  it('to an unknown item is refused', () => {
    expect(refusal({ number: 7 }, [world({}).only()])).toBe('nothing waits under the id mars.r.7');
  });

  it('is one of the options if the question has some', () => {
    const question = { prompt: 'Which?', options: ['red', 'blue'] };
    const waiting = [world({}, asks({ question })).only()];
    expect(refusal({ value: 'blue' }, waiting)).toBe('accepted');
    expect(refusal({ value: 'green' }, waiting)).toBe('mars.r.1 takes one of red, blue');
    expect(itemOf(waiting[0] ?? fail(), RUN)).toMatchObject({ prompt: 'Which?', options: ['red', 'blue'] });
  });
});

it.each([
  [{ kind: 'permission', prompt: 'Delete?' }, undefined, 'permission'],
  ['Delete?', 'gate', 'gate'],
  [{ kind: 'gate' }, undefined, 'question'],
] as const)('the kind of %j', (question, kind, expected) => {
  expect(itemOf(world({}, asks({ question, ...(kind && { kind }) })).only(), RUN).kind).toBe(expected);
});
