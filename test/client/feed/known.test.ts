/** What a reader makes of looks and logs: every entry once, over incarnations, late rows, resets and ended runs. */
import fc from 'fast-check';
import type { EventLog } from '../../../src/contract/event/log';
import { answerLog, append, begunLog, UNBEGUN_LOG } from '../../../src/rules/lib/log/log';
import { Knowledge, type Row } from '../../../src/client/feed/known';
import { runs } from '../../support/runs';

const ID = 'agent/mars/A';
const START = 1_764_000_000_000;
const RUNNING = 1;
const COMPLETED = 2;
const CONTINUED = 6;

/** A workflow id with all its runs, as visibility shows them at last. */
class World {
  readonly runs: { readonly runId: string; status: number; changedAt: number; log: EventLog }[] = [];
  readonly made: string[] = [];
  now = START;

  start(log = begunLog(UNBEGUN_LOG, this.now)): void {
    this.runs.push({ runId: `run-${String(this.runs.length)}`, status: RUNNING, changedAt: 0, log });
  }

  get last() {
    return this.runs.at(-1);
  }

  append(): void {
    const run = this.last;
    if (run?.status !== RUNNING) return;
    run.log = append(run.log, { type: 'pool.available', data: { pool: 'p', fleets: [] } }, this.now);
    run.changedAt = Math.max(this.now, run.changedAt + 1);
    this.made.push(answerLog(run.log, ID).entries.at(-1)?.id ?? '');
  }

  end(status: number): void {
    const run = this.last;
    if (run?.status !== RUNNING) return;
    run.status = status;
    if (status !== CONTINUED) return;
    this.start(run.log);
    if (this.last) this.last.changedAt = run.changedAt;
  }

  rows(): Row[] {
    return this.runs
      .filter(({ changedAt }) => changedAt > 0)
      .map(({ runId, status, changedAt }) => ({ workflowId: ID, runId, status, changedAt }));
  }

  logOf(runId: string | null): EventLog {
    return (runId === null ? this.last : this.runs.find((run) => run.runId === runId))?.log ?? UNBEGUN_LOG;
  }
}

/** One look: returns the ids that are new, and counts what is gone. */
function look(world: World, knowledge: Knowledge, rows = world.rows()): { ids: string[]; missed: number } {
  const ids: string[] = [];
  let missed = 0;
  for (const due of knowledge.due(rows)) {
    const news = knowledge.take(due, answerLog(world.logOf(due.isLast ? null : due.runId), ID, knowledge.queryOf(due)));
    ids.push(...news.entries.map(({ id }) => id));
    missed += news.missed;
  }
  return { ids, missed };
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const), times: fc.integer({ min: 1, max: 90 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'continue' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'again' as const }) },
  { weight: 5, arbitrary: fc.constant({ kind: 'look' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('late' as const), hidden: fc.nat() }) },
);

test('property: after any steps between looks, each entry is new once, or counted as missed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = new World();
      const knowledge = new Knowledge(START - 60_000);
      const seen: string[] = [];
      let missed = 0;
      const take = (rows?: Row[]): void => {
        const found = look(world, knowledge, rows);
        seen.push(...found.ids);
        missed += found.missed;
      };
      world.start();
      for (const one of steps) {
        world.now += 7;
        if (one.kind === 'append') for (let time = 0; time < one.times; time += 1) world.append();
        else if (one.kind === 'continue') world.end(CONTINUED);
        else if (one.kind === 'look') take();
        else if (one.kind === 'late') {
          const rows = world.rows();
          take(rows.filter((_, index) => index !== one.hidden % Math.max(1, rows.length)));
        } else {
          world.append();
          world.end(COMPLETED);
          world.start();
          world.append();
        }
      }
      take();
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => !world.made.includes(id))).toEqual([]);
      expect(seen.length + missed).toBe(world.made.length);
      expect(look(world, knowledge)).toEqual({ ids: [], missed: 0 });
    }),
    { numRuns: runs(500) },
  );
});

test('what a reader finds at its begin is old, and what such a workflow records later is new', () => {
  const world = new World();
  world.start();
  world.append();
  const knowledge = new Knowledge(START - 60_000, world.rows());
  expect(look(world, knowledge).ids).toEqual([]);
  world.now += 5;
  world.append();
  expect(look(world, knowledge).ids).toEqual(world.made.slice(1));
  expect(knowledge.highest).toBe(world.now);
});

test('a workflow that was reset records again from an earlier number on', () => {
  const world = new World();
  world.start();
  for (let time = 0; time < 5; time += 1) world.append();
  const knowledge = new Knowledge(START - 60_000);
  look(world, knowledge);
  const run = world.last;
  if (run) run.log = { ...run.log, next: run.log.next - 3, entries: run.log.entries.slice(0, 2) };
  world.now += 50;
  world.append();
  expect(look(world, knowledge).ids).toEqual(world.made.slice(-1));
});

test('a log that no longer exists is not asked for again', () => {
  const world = new World();
  world.start();
  world.append();
  const knowledge = new Knowledge(0);
  const [due] = knowledge.due(world.rows());
  if (due) knowledge.skip(due);
  expect(knowledge.due(world.rows())).toEqual([]);
});
