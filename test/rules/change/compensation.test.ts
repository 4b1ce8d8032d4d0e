/** The undo log of a change: transitions, guards, records and audits, by table. */
import type { CompensationRecord, CompensationState } from '../../../src/contract/fleet/compensation';
import {
  finishAttempt,
  limitReached,
  recordResource,
  settleEntry,
  transition,
  undoOrder,
} from '../../../src/rules/change/compensation';
import { AT, LATER, REVISION, planned, begin, accepted } from './undo-logs';

/** A record in each state, reached by its own arrows. */
const IN_STATE: Readonly<Record<CompensationState, () => CompensationRecord>> = {
  pending: () => planned('A', 'B'),
  compensating: () => accepted(begin(planned('A', 'B'), 1)),
  compensated: () => {
    const running = IN_STATE.compensating();
    const undone = ['key-A', 'key-B'].reduce((record, key) => settleEntry(record, key, 'undone', LATER), running);
    return accepted(finishAttempt(undone, LATER));
  },
  failed: () => {
    const running = settleEntry(IN_STATE.compensating(), 'key-B', 'undone', LATER);
    return accepted(finishAttempt(settleEntry(running, 'key-A', 'failed', LATER, 'engine is gone'), LATER));
  },
};

const STATES = Object.keys(IN_STATE) as CompensationState[];

describe('every lifecycle transition', () => {
  const allowed = [
    'pending->compensating',
    'compensating->compensated',
    'compensating->failed',
    'failed->compensating',
  ];
  const cases = STATES.flatMap((from) => STATES.map((to) => ({ from, to })));

  test.each(cases)('$from -> $to', ({ from, to }) => {
    const record = IN_STATE[from]();
    const attempt = to === 'compensating' ? record.attempt + 1 : record.attempt;
    const { record: after, refused } = transition(record, { to, attempt, revision: REVISION, at: LATER });
    if (allowed.includes(`${from}->${to}`)) {
      expect(refused).toBeNull();
      expect(after).toMatchObject({ state: to, attempt, updatedAt: LATER });
    } else {
      expect(refused?.code).toBe(from === 'compensated' ? 'DuplicateCompensation' : 'CompensationStateError');
      expect(after.state).toBe(from);
    }
  });
});

describe('guards, in their order', () => {
  test('stale attempt: the same one again, or a lower one, is refused', () => {
    const failed = IN_STATE.failed();
    expect(begin(failed, 1).refused?.code).toBe('StaleAttempt');
    expect(begin(accepted(begin(failed, 5)), 4).refused?.code).toBe('StaleAttempt');
  });

  test('stale attempt: a late end of an earlier attempt does not end the one that runs', () => {
    const second = accepted(begin(IN_STATE.failed(), 2));
    const late = transition(second, { to: 'compensated', attempt: 1, revision: REVISION, at: LATER });
    expect(late.refused?.code).toBe('StaleAttempt');
    expect(late.record.state).toBe('compensating');
  });

  test('stale revision: only the current one is compensated', () => {
    expect(begin(IN_STATE.pending(), 1, REVISION - 1).refused?.code).toBe('StaleRevision');
    expect(begin(IN_STATE.pending(), 1, REVISION + 1).refused?.code).toBe('StaleRevision');
  });

  test('duplicate after compensated: refused with this code, also where more is wrong', () => {
    const done = IN_STATE.compensated();
    expect(begin(done, 0, REVISION - 1).refused?.code).toBe('DuplicateCompensation');
    expect(begin(done, 9).refused?.code).toBe('DuplicateCompensation');
  });

  test('the revision is looked at before the attempt, and both before the state', () => {
    const running = IN_STATE.compensating();
    expect(begin(running, 0, REVISION + 1).refused?.code).toBe('StaleRevision');
    expect(begin(running, 1).refused?.code).toBe('StaleAttempt');
    expect(begin(running, 2).refused?.code).toBe('CompensationStateError');
  });

  test('an end of an attempt that never began is refused', () => {
    const ahead = transition(IN_STATE.compensating(), { to: 'failed', attempt: 2, revision: REVISION, at: LATER });
    expect(ahead.refused?.code).toBe('CompensationStateError');
  });
});

test('failed, then a higher attempt: what failed is tried again, what was undone is not', () => {
  const second = accepted(begin(IN_STATE.failed(), 2));
  expect(undoOrder(second).map(({ name }) => name)).toEqual(['A']);
  const done = accepted(finishAttempt(settleEntry(second, 'key-A', 'nothing_to_undo', LATER), LATER));
  expect(done).toMatchObject({ state: 'compensated', attempt: 2 });
  expect(done.entries.map(({ outcome }) => outcome)).toEqual(['nothing_to_undo', 'undone']);
});

test('the undo goes newest first, and by what is known of each', () => {
  const record = recordResource(planned('A', 'B', 'C'), 'key-B', 'id-B', AT);
  expect(undoOrder(record).map(({ name, resourceId }) => [name, resourceId])).toEqual([
    ['C', null],
    ['B', 'id-B'],
    ['A', null],
  ]);
});

test('the same intent twice is one entry', () => {
  expect(planned('A', 'A').entries).toHaveLength(1);
});

test('serialization: to JSON and back unchanged, in every state', () => {
  for (const state of STATES) {
    const record = IN_STATE[state]();
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  }
});

test('metrics: planned, started, completed, failed, refused by kind', () => {
  const refusedTwice = begin(begin(IN_STATE.failed(), 1).record, 1).record;
  const stale = begin(refusedTwice, 2, REVISION + 1).record;
  const done = accepted(finishAttempt(settleEntry(accepted(begin(stale, 2)), 'key-A', 'undone', LATER), LATER));
  expect(begin(done, 3).record.metrics).toEqual({
    planned: 1,
    started: 2,
    completed: 1,
    failed: 1,
    refused: { StaleAttempt: 2, StaleRevision: 1, DuplicateCompensation: 1 },
  });
});

test('audit: every request, accepted or refused, with from, to, attempt, revision and why', () => {
  const { record } = begin(IN_STATE.failed(), 1);
  expect(record.audit).toEqual([
    { at: LATER, attempt: 1, revision: 3, from: 'pending', to: 'compensating', accepted: true, why: 'A failed' },
    {
      at: LATER,
      attempt: 1,
      revision: 3,
      from: 'compensating',
      to: 'failed',
      accepted: true,
      why: 'A: engine is gone',
    },
    {
      at: LATER,
      attempt: 1,
      revision: 3,
      from: 'failed',
      to: 'compensating',
      accepted: false,
      why: 'attempt 1 of mars.3 is stale: the last attempt was 1; ask with --attempt 2',
    },
  ]);
});

test('a refusal says what is wrong, and its details say where the compensation is', () => {
  const running = IN_STATE.compensating();
  const current = { state: 'compensating', attempt: 1, revision: REVISION };
  const refusals = [
    begin(IN_STATE.compensated(), 2),
    begin(running, 2, REVISION + 1),
    transition(running, { to: 'pending', attempt: 1, revision: REVISION, at: LATER }),
  ];
  expect(refusals.map(({ refused }) => refused?.message)).toEqual([
    expect.stringMatching(/mars\.3 .*compensated/),
    expect.stringMatching(/mars\.3 .*revision 3.*4/),
    expect.stringMatching(/mars\.3 .*compensating.*pending/),
  ]);
  expect(refusals.map(({ refused }) => refused?.details)).toEqual([
    { current: { ...current, state: 'compensated' } },
    { current },
    { current },
  ]);
});

test('the audit keeps its newest hundred entries, and a reason stays until there is a new one', () => {
  let record = IN_STATE.compensating();
  expect(record.reason).toBe('A failed');
  for (let revision = 1; revision <= 150; revision += 1) ({ record } = begin(record, 2, 1_000 + revision));
  expect(record.audit).toHaveLength(100);
  expect(record.audit.at(-1)).toMatchObject({ accepted: false, revision: 1_150 });
  const ended = settleEntry(settleEntry(record, 'key-A', 'undone', LATER), 'key-B', 'undone', LATER);
  const { record: compensated } = finishAttempt(ended, LATER);
  expect(compensated).toMatchObject({ state: 'compensated', reason: 'A failed', metrics: { completed: 1, failed: 0 } });
  expect(IN_STATE.failed()).toMatchObject({ reason: 'A: engine is gone', metrics: { completed: 0, failed: 1 } });
});

test('an entry is settled once: a second outcome changes neither the first nor its reason', () => {
  const running = accepted(begin(planned('A', 'B'), 1));
  const failed = settleEntry(running, 'key-A', 'failed', LATER, 'engine is gone');
  expect(settleEntry(failed, 'key-A', 'undone', LATER).entries).toEqual(failed.entries);
  const undone = settleEntry(running, 'key-A', 'undone', LATER);
  expect(settleEntry(undone, 'key-A', 'failed', LATER, 'too late').entries).toEqual(undone.entries);
});

test('an attempt that ends early names each entry that it did not undo', () => {
  const running = settleEntry(accepted(begin(planned('A', 'B'), 1)), 'key-A', 'failed', LATER, limitReached());
  const { audit } = accepted(finishAttempt(running, LATER));
  expect(audit.at(-1)?.why).toBe('A: it was not undone within 24h, the limit of an undo; B: not undone');
});
