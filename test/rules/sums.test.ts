/** Results, carried states and answers of workflows stay far below the server's 2 MiB, for any input from outside. */
import type { LiveBranchRecord, RunView } from '../../src/contract/run';
import { boundedList, ERROR_BYTES, shareBytes, utf8Bytes } from '../../src/contract/text';
import { beginChange, endChange, recordFailure } from '../../src/rules/change/run';
import { changeResult, changeView } from '../../src/rules/change/view';
import { finishAttempt, intend, planCompensation, settleEntry, transition } from '../../src/rules/change/compensation';
import { decideApply } from '../../src/rules/fleet/change';
import { placeChange } from '../../src/rules/fleet/settle';
import { newFleet } from '../../src/rules/fleet/state';
import { jsonBytes } from '../../src/rules/lib/json-bytes';
import { runResultWithin, runViewWithin } from '../../src/rules/run/view';
import { play, scenarioOf, to } from '../support/scenarios';

const MIB = 1024 * 1024;
const NUMBERS = Array.from({ length: 300 }, (_, at) => at);

test.each([
  ['30 workers', 30, 'e'],
  ['300 workers', 300, '\u0000'],
  ['300 workers in half characters', 300, '\ud83d'],
])('%s that fail with 95,000 characters each are a result that is read', async (_what, count, char) => {
  const workers = NUMBERS.slice(0, count).map((at) => `W${String(at)}`);
  const error = `cannot build: ${char.repeat(95_000)}: no space left`;
  const script = {
    Boss: [to('Lead', 1)],
    Lead: [{ action: 'invoke' as const, invocations: workers.map((agent) => ({ agent, request: 1 })) }],
    ...Object.fromEntries(workers.map((agent) => [agent, [{ action: 'fail' as const, error }]])),
  };
  const flows = [
    'Start -> Boss',
    'Boss -> Lead',
    ...workers.flatMap((agent) => [`Lead -> ${agent}`, `${agent} -> End`]),
  ];
  // Played with its trace, which quotes every reply whole; a run has one only where it is asked for, and where it fits.
  const { trace: _, ...result } = await play(scenarioOf(flows, script));
  expect(jsonBytes(result)).toBeLessThan(MIB);
  expect(runResultWithin(result)).toBe(result);
  expect(utf8Bytes(result.error ?? '')).toBeLessThan(ERROR_BYTES + 100);
  expect(result.error).toMatch(/W0: cannot build: .*; and \d+ more/su);
  const failed = result.branches.filter(({ agents }) => agents.at(-1)?.startsWith('W'));
  expect(failed).toHaveLength(count);
  for (const { error: said } of failed) expect(said).toMatch(/^cannot build: .*no space left$/su);
  const live = result.branches.map((record): LiveBranchRecord => ({
    ...record,
    startedAt: 'x'.repeat(24),
    endedAt: null,
  }));
  const view: RunView = {
    fleet: 'f',
    run: 'r',
    state: 'failed',
    question: null,
    result,
    branches: live,
    compensation: null,
  };
  expect(jsonBytes(runViewWithin(view))).toBeLessThan(2 * MIB);
});

test('a view whose result is near its limit fits all the same', () => {
  const records = NUMBERS.map((at) => ({
    id: `b${String(at)}`,
    parent: at === 0 ? null : 'b0',
    agents: ['A'],
    turns: 1,
    outcome: 'completed' as const,
    error: null,
  }));
  const result = {
    success: true,
    finalResponse: 'x'.repeat(1_700 * 1024),
    error: null,
    turns: 1,
    branches: [],
    barriers: [],
  };
  const branches = records.map((record) => ({ ...record, agents: ['x'.repeat(2_000)], startedAt: '', endedAt: null }));
  const view: RunView = {
    fleet: 'f',
    run: 'r',
    state: 'completed',
    question: null,
    result,
    branches,
    compensation: null,
  };
  expect(jsonBytes(view)).toBeGreaterThan(2 * MIB);
  const within = runViewWithin(view);
  expect(jsonBytes(within)).toBeLessThan(2 * MIB);
  expect(within.result?.finalResponse).toBe(result.finalResponse);
});

test('a change whose thousand agents and thousand undos all fail fits, and so does its state', () => {
  const at = '2026-01-01T00:00:00.000Z';
  const names = Array.from({ length: 1_000 }, (_, index) => `A${String(index)}`);
  const agents = names.map((name) => ({ name, provider: 'memory' as const }));
  const begun = decideApply(newFleet({ v: 1, fleet: 'f' }, 'inc'), { spec: { agents } }).state;
  const { input } = placeChange(begun, { installation: 'i', host: 'h' }).change ?? {};
  if (!input) throw new Error('the change is not placed');
  const error = `no room: ${'e'.repeat(ERROR_BYTES)}`;
  let run = names.reduce((so, name) => recordFailure(so, name, error), beginChange(input, at));
  let record = planCompensation({ id: 'c', fleet: 'f', revision: 1, at });
  for (const name of names) record = intend(record, { kind: 'agent', name, key: name }, at);
  for (let attempt = 1; attempt <= 80; attempt += 1) {
    record = transition(record, { to: 'compensating', attempt, revision: 1, at, why: error }).record;
    for (const name of attempt === 1 ? names : []) record = settleEntry(record, name, 'failed', at, error);
    record = finishAttempt(record, at).record;
  }
  run = endChange({ ...run, record });
  const view = changeView(run);
  expect(view.error).toMatch(/^A0: no room: .*; and 9\d\d more$/su);
  expect(view.agents[999]?.error).toMatch(/^no room/u);
  expect(jsonBytes(view)).toBeLessThan(MIB);
  expect(jsonBytes(changeResult(run))).toBeLessThan(1.5 * MIB);
});

test('a list of texts is bounded, says what it leaves out, and shares its room', () => {
  expect(boundedList(['a: x', 'b: y'])).toBe('a: x; b: y');
  expect(boundedList([])).toBe('');
  const one = boundedList(['x'.repeat(100_000)]);
  expect(utf8Bytes(one)).toBeGreaterThan(ERROR_BYTES - 100);
  for (const count of [1, 2, 6, 7, 30, 1_000, 100_000]) {
    const list = boundedList(Array.from({ length: count }, (_, at) => `w${String(at)}: ${'é'.repeat(5_000)}`));
    expect(utf8Bytes(list)).toBeLessThanOrEqual(ERROR_BYTES);
    expect(list).toMatch(/^w0: é+/u);
  }
  expect(boundedList(NUMBERS.map(() => 'e'.repeat(1_000)))).toMatch(/; and \d+ more$/u);
  expect(shareBytes(1) * 1).toBe(ERROR_BYTES);
  expect(shareBytes(1_000) * 1_000).toBeLessThan(100_000);
});
