import { DroverError } from '../../../src/contract/errors';
import { decidePause, decideResume } from '../../../src/rules/fleet/holds';
import { decideApply, decideDestroy } from '../../../src/rules/fleet/change';
import { newFleet } from '../../../src/rules/fleet/state';
import { findRequest, fingerprint, markOf, withMark } from '../../../src/rules/lib/fingerprint';
import { decideCompensate } from '../../../src/rules/fleet/undo';
import { once } from '../../../src/rules/pool/requests';
import { newPool } from '../../../src/rules/pool/state';
import { resetPool } from '../../../src/rules/pool/pool';

const AT = '2026-03-01T12:00:00.000Z';

function codeOf(decide: () => unknown): string | null {
  try {
    decide();
    return null;
  } catch (error) {
    return error instanceof DroverError ? error.code : String(error);
  }
}

test('a fingerprint knows the command and every argument, at any depth, and not the order of keys', () => {
  const one = fingerprint('apply', { spec: { agents: [{ name: 'A', env: { x: '1', y: '2' } }] }, expectRevision: 1 });
  expect(fingerprint('apply', { expectRevision: 1, spec: { agents: [{ env: { y: '2', x: '1' }, name: 'A' }] } })).toBe(
    one,
  );
  const others = [
    fingerprint('destroy', { spec: { agents: [{ name: 'A', env: { x: '1', y: '2' } }] }, expectRevision: 1 }),
    fingerprint('apply', { spec: { agents: [{ name: 'A', env: { x: '1', y: 2 } }] }, expectRevision: 1 }),
    fingerprint('apply', { spec: { agents: [{ name: 'A', env: { x: '1' } }] }, expectRevision: 1 }),
    fingerprint('apply', { spec: { agents: [] }, expectRevision: 1 }),
    fingerprint('apply', undefined),
  ];
  expect(new Set([one, ...others]).size).toBe(others.length + 1);
});

test('of lists the order counts, and a key named __proto__ too', () => {
  expect(fingerprint('c', [1, 2])).not.toBe(fingerprint('c', [2, 1]));
  expect(fingerprint('c', JSON.parse('{"__proto__": 1}'))).not.toBe(fingerprint('c', {}));
});

test('how to answer is not part of a request, and one without an id is never known', () => {
  expect(markOf('pause', { requestId: 'r', wait: false })).toEqual(markOf('pause', { requestId: 'r' }));
  expect(markOf('pause', {})).toBeUndefined();
  expect(findRequest([{ requestId: 'r', fingerprint: 'f' }], undefined)).toBeUndefined();
});

test('the last 1,000 marks are kept', () => {
  let marks: readonly { requestId: string; fingerprint: string }[] = [];
  for (let index = 0; index < 1_005; index += 1)
    marks = withMark(marks, markOf('reset', { requestId: `r${String(index)}` }));
  expect([marks.length, marks[0]?.requestId, marks.at(-1)?.requestId]).toEqual([1_000, 'r5', 'r1004']);
});

test('every command of a fleet knows its own requests, and refuses those of the others', () => {
  const requestId = 'r';
  const fresh = newFleet({ v: 1, fleet: 'f' }, 'inc');
  const decisions = {
    apply: (state: typeof fresh) => decideApply(state, { spec: { agents: [] }, requestId }).state,
    destroy: (state: typeof fresh) => decideDestroy(state, { requestId }).state,
    pause: (state: typeof fresh) => decidePause(state, { requestId }, AT),
    resume: (state: typeof fresh) => decideResume(state, { requestId }, AT),
  };
  for (const [first, decide] of Object.entries(decisions)) {
    // As the next run of the workflow gets it.
    const state = JSON.parse(JSON.stringify(decide(fresh))) as typeof fresh;
    for (const [second, again] of Object.entries(decisions)) {
      const refused = codeOf(() => again(state));
      expect([first, second, refused]).toEqual([first, second, first === second ? null : 'IdempotencyConflict']);
    }
    expect(codeOf(() => decideCompensate(state, { attempt: 1, revision: 1, requestId }, AT))).toBe(
      'IdempotencyConflict',
    );
    expect(decide(state)).toEqual(state);
  }
});

test('a pool carries an update out once', () => {
  const pool = newPool('p', { credentials: [{ name: 'a', secret: 'env:A' }] }, null);
  const failed = { credential: 'a', at: 1, resetAt: null, coolMs: null };
  const reset = once('reset', { credential: 'a', requestId: 'r' }, resetPool);
  const once1 = reset({ ...pool, events: [failed] }, 2).state;
  expect(once1.events).toEqual([]);
  expect(reset({ ...once1, events: [failed] }, 3).state.events).toEqual([failed]);
  expect(codeOf(() => once('reset', { credential: 'b', requestId: 'r' }, resetPool)(once1, 3))).toBe(
    'IdempotencyConflict',
  );
});
