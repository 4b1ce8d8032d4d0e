import fc from 'fast-check';
import { parseFleetState } from '../../../src/rules/fleet/carried';
import { expectCarried } from '../lib/expect-carried';
import { DroverError } from '../../../src/contract/errors';
import type { FleetSpec, ProvisionInput, ProvisionResult } from '../../../src/contract/fleet';
import { beginChange, endChange, ownedAs } from '../../../src/rules/change/run';
import { changeResult } from '../../../src/rules/change/view';
import { decideApply, decideDestroy } from '../../../src/rules/fleet/change';
import { forgetAgent, placeChange, settleChange } from '../../../src/rules/fleet/settle';
import { type FleetState, isDestroyed, newFleet } from '../../../src/rules/fleet/state';
import { holdFleet } from '../../../src/rules/fleet/hold-rounds';
import { fleetView } from '../../../src/rules/fleet/view';
import { decideCompensate, undoByKeys } from '../../../src/rules/fleet/undo';

const AT = '2026-01-01T00:00:00.000Z';
const PLACE = { installation: 'inst', host: 'here' };

function fleetOf(...names: string[]): FleetSpec {
  return { agents: names.map((name) => ({ name, provider: 'memory' })) };
}

function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof DroverError) return error.code;
    throw error;
  }
}

/** A saga whose every step succeeds. */
function perfect(input: ProvisionInput): ProvisionResult {
  const run = beginChange(input, AT);
  const owned = { ...run.owned };
  for (const { agent, kind, key, spec } of input.changes) {
    const before = owned[agent];
    if (kind === 'delete') delete owned[agent];
    else if (key !== null && spec) owned[agent] = ownedAs(input, spec, key, `id-${key}`);
    else if (before) owned[agent] = { ...before, revision: input.revision };
  }
  return changeResult(endChange({ ...run, owned }));
}

function inputOf(state: FleetState): ProvisionInput {
  if (!state.change?.input) throw new Error('the change is not placed');
  return state.change.input;
}

function applied(state: FleetState, spec: FleetSpec): FleetState {
  const next = decideApply(state, { spec }).state;
  if (next.change?.step !== 'place') return next;
  const placed = placeChange(next, PLACE);
  return settleChange(placed, perfect(inputOf(placed)));
}

function destroyed(state: FleetState): FleetState {
  const placed = placeChange(decideDestroy(state, {}).state, PLACE);
  return settleChange(placed, perfect(inputOf(placed)));
}

const empty = newFleet({ v: 1, fleet: 'mars' }, 'inc');

test('every key is in the state before the saga starts: installation, incarnation, revision, agent', () => {
  const placed = placeChange(decideApply(empty, { spec: fleetOf('A', 'B') }).state, PLACE);
  expect(inputOf(placed).changes.map(({ key }) => key)).toEqual(['inst.inc.1.A', 'inst.inc.1.B']);
  expectCarried(parseFleetState, placed);
});

test('refusals: a change under way, another revision, a fleet that is ending', () => {
  const changing = decideApply(empty, { spec: fleetOf('A') }).state;
  expect(codeOf(() => decideApply(changing, { spec: fleetOf('B') }))).toBe('ChangeInProgress');
  expect(codeOf(() => decideDestroy(changing, {}))).toBe('ChangeInProgress');
  expect(codeOf(() => decideCompensate(changing, { attempt: 1, revision: 1 }, AT))).toBe('ChangeInProgress');
  expect(codeOf(() => decideApply(empty, { spec: fleetOf(), expectRevision: 1 }))).toBe('StaleRevision');
  const gone = destroyed(empty);
  expect(isDestroyed(gone)).toBe(true);
  expect(codeOf(() => decideApply(gone, { spec: fleetOf('A') }))).toBe('Unavailable');
  expect(codeOf(() => decideCompensate(applied(empty, fleetOf('A')), { attempt: 1, revision: 1 }, AT))).toBe(
    'CompensationStateError',
  );
});

test('a dry run is answered while a change runs, against what the fleet was before it', () => {
  const one = applied(empty, fleetOf('A'));
  const changing = decideApply(one, { spec: fleetOf('A', 'B') }).state;
  const { state, answer } = decideApply(changing, { spec: fleetOf('A', 'B', 'C'), dryRun: true });
  expect(state).toBe(changing);
  expect(answer.changes.map(({ kind, agent }) => `${kind} ${agent}`)).toEqual(['create B', 'create C']);
  expect(answer).toMatchObject({ revision: 2, changeId: null, ids: { A: 'id-inst.inc.1.A', B: 'dry-run-B' } });
  const gone = destroyed(empty);
  expect(codeOf(() => decideApply(gone, { spec: fleetOf('A'), dryRun: true }))).toBe('Unavailable');
});

test('only settings differ: the spec is taken at once, nothing is carried out', () => {
  const one = applied(empty, fleetOf('A'));
  const spec: FleetSpec = { ...fleetOf('A'), topology: { flows: ['Start -> A'] } };
  const { state, answer } = decideApply(one, { spec });
  expect(answer).toMatchObject({ revision: 2, changes: [], settings: ['topology.flows'] });
  expect(state).toMatchObject({ revision: 2, spec, change: { step: 'ended', view: { state: 'done' } } });
  expect(decideApply(state, { spec }).answer).toMatchObject({ revision: 2, changeId: null });
});

test('a dry run answers with the map as it would be, and changes nothing', () => {
  const one = applied(empty, fleetOf('A', 'B'));
  const { state, answer } = decideApply(one, { spec: fleetOf('A', 'C'), dryRun: true, requestId: 'r' });
  expect(state).toBe(one);
  expect(answer).toMatchObject({ changeId: null, ids: { A: 'id-inst.inc.1.A', C: 'dry-run-C' } });
});

test('an empty fleet is one too', () => {
  const { state, answer } = decideApply(empty, { spec: fleetOf() });
  expect(answer).toMatchObject({ revision: 1, changes: [] });
  expect(state.change?.view.state).toBe('done');
});

test('requests are remembered, and what is remembered stays small', () => {
  let state = empty;
  for (let round = 1; round <= 7; round += 1) {
    const names = Array.from({ length: 450 }, (_, index) => `a${String(index)}-${String(round)}`);
    const decided = decideApply(state, { spec: fleetOf(...names), requestId: `r${String(round)}` });
    expect(decideApply(decided.state, { spec: fleetOf(...names), requestId: `r${String(round)}` }).answer).toEqual(
      decided.answer,
    );
    const placed = placeChange(decided.state, PLACE);
    state = settleChange(placed, perfect(inputOf(placed)));
  }
  expect(state.requests.reduce((lines, { answer }) => lines + (answer?.changes.length ?? 0), 0)).toBeLessThanOrEqual(
    5_000,
  );
  expect(JSON.stringify(state).length).toBeLessThan(1_000_000);
});

test('the next apply creates an ended agent again, and a late message about an old one changes nothing', () => {
  const one = applied(empty, fleetOf('A', 'B'));
  const word = { agent: 'A', incarnation: 'inc', key: 'inst.inc.1.A' };
  expect(decideApply(forgetAgent(one, word), { spec: fleetOf('A', 'B') }).answer.changes).toEqual([
    { kind: 'create', agent: 'A', fields: [] },
  ]);
  expect(forgetAgent(one, { ...word, key: 'inst.inc.0.A' })).toBe(one);
  expect(forgetAgent(one, { ...word, incarnation: 'older' })).toBe(one);
  expect(forgetAgent(one, { ...word, agent: 'C' })).toBe(one);
  const changing = decideApply(one, { spec: fleetOf('B') }).state;
  expect(forgetAgent(changing, word)).toBe(changing);
  expect(Object.keys(forgetAgent(changing, { ...word, agent: 'B', key: 'inst.inc.1.B' }).agents)).toEqual(['A']);
});

describe('a saga that ended without telling', () => {
  const placed = placeChange(decideApply(applied(empty, fleetOf('A')), { spec: fleetOf('A', 'B', 'C') }).state, PLACE);

  test('everything that it may have made is undone by keys, newest first', () => {
    const undoing = undoByKeys(placed, 'terminated', AT);
    expect(undoing.change).toMatchObject({
      step: 'undo',
      view: { state: 'running', error: 'terminated' },
      record: {
        state: 'compensating',
        attempt: 1,
        entries: [
          { name: 'B', key: 'inst.inc.2.B', resourceId: null, outcome: 'pending' },
          { name: 'C', key: 'inst.inc.2.C', resourceId: null, outcome: 'pending' },
        ],
      },
    });
  });

  test('three times; then the fleet goes on owning what may be there, and an operator can try again', () => {
    let state = placed;
    for (let ended = 1; ended <= 3; ended += 1) {
      state = undoByKeys(state, 'terminated', AT);
      expect(state.change?.record?.attempt).toBe(ended);
    }
    state = undoByKeys(state, 'terminated', AT);
    expect(state.change).toMatchObject({
      step: 'ended',
      view: { state: 'failed' },
      record: { state: 'failed', attempt: 3 },
    });
    expect(fleetView(state).agents).toMatchObject({ A: { resourceId: 'id-inst.inc.1.A' }, B: { resourceId: null } });
    expect(state.agents['B']).toMatchObject({ key: 'inst.inc.2.B', doubt: 'resource' });
    expect(codeOf(() => decideCompensate(state, { attempt: 3, revision: 2 }, AT))).toBe('StaleAttempt');
    const again = decideCompensate(state, { attempt: 4, revision: 2 }, AT);
    expect(again.change).toMatchObject({ step: 'undo', record: { attempt: 4 } });
    expect(inputOf(again).changes.map(({ agent, previous }) => [agent, previous])).toEqual([
      ['B', null],
      ['C', null],
    ]);
    // The next apply replaces an owned agent in doubt, so that its key is never forgotten.
    const next = decideApply(state, { spec: fleetOf('A', 'B') }).answer.changes;
    expect(next).toEqual([
      { kind: 'replace', agent: 'B', fields: [] },
      { kind: 'delete', agent: 'C', fields: [] },
    ]);
  });
});

test('holds that changed while a change ran go to the agents that it made', () => {
  const placed = placeChange(decideApply(empty, { spec: fleetOf('A') }).state, PLACE);
  const quiet = settleChange(placed, perfect(inputOf(placed)));
  expect(quiet.holdsDue).toBe(false);
  const held = { ...holdFleet(placed, 'x', AT), holdsDue: false };
  expect(settleChange(held, perfect(inputOf(placed))).holdsDue).toBe(true);
});

test('property: a fleet owns exactly what the last applied file names, under keys that are never used twice', () => {
  const names = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'D'), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(names, { maxLength: 8 }), (files) => {
      let state = empty;
      const keys = new Set<string>();
      for (const file of files) {
        const before = Object.values(state.agents).map(({ key }) => key);
        state = applied(state, fleetOf(...file));
        expect(Object.keys(state.agents).sort()).toEqual([...file].sort());
        for (const { key } of Object.values(state.agents)) {
          expect(before.includes(key) || !keys.has(key)).toBe(true);
          keys.add(key);
        }
        expect(decideApply(state, { spec: fleetOf(...file) }).answer.changeId).toBeNull();
        expectCarried(parseFleetState, state);
      }
    }),
  );
});

describe('signatures', () => {
  const signature = (digit: string) => ({ keyId: digit.repeat(16), hmac: digit.repeat(43) });
  const signed = (digit: string): FleetSpec => ({
    agents: [{ name: 'A', provider: 'memory', signature: signature(digit) }],
  });

  test('go with the specification from the file to the change and to what the fleet owns, and are not shown', () => {
    const state = applied(empty, signed('1'));
    expect(state.agents['A']?.spec.signature).toEqual(signature('1'));
    expect(JSON.stringify(fleetView(state))).not.toContain('signature');
    // The next key: the agent is configured with it, nothing else happens.
    const placed = placeChange(decideApply(state, { spec: signed('2') }).state, PLACE);
    expect(inputOf(placed).changes).toMatchObject([
      { kind: 'update', spec: { signature: signature('2') }, previous: { spec: { signature: signature('1') } } },
    ]);
    expect(applied(state, signed('2')).agents['A']?.spec.signature).toEqual(signature('2'));
  });

  test('of an agent that is made again from a file without one it is the one that the fleet has', () => {
    const state = applied(empty, signed('1'));
    const lost = { agents: { A: { how: 'terminated', at: AT, by: null, reason: null } }, pools: {} } as const;
    const placed = placeChange(decideApply(state, { spec: fleetOf('A') }, lost).state, PLACE);
    expect(inputOf(placed).changes).toMatchObject([{ kind: 'create', spec: { signature: signature('1') } }]);
  });

  test('a repeat is the same request, whichever key has signed it', () => {
    const first = decideApply(empty, { spec: signed('1'), requestId: 'r' });
    expect(decideApply(first.state, { spec: signed('2'), requestId: 'r' }).answer).toEqual(first.answer);
    expect(decideApply(first.state, { spec: fleetOf('A'), requestId: 'r' }).answer).toEqual(first.answer);
  });
});
