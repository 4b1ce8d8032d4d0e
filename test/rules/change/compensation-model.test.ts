/** The undo log of a change by a model under fast-check. */
import fc from 'fast-check';
import type { CompensationRecord, CompensationState } from '../../../src/contract/fleet/compensation';
import { finishAttempt, settleEntry } from '../../../src/rules/change/compensation';
import { runs } from '../../support/runs';
import { LATER, REVISION, planned, begin } from './undo-logs';

/** The model keeps only what the page says: a state, the last attempt, and the outcome of each key. */
describe('model: random begin, step done, step failed, retry and duplicate delivery', () => {
  interface Model {
    state: CompensationState;
    attempt: number;
    outcomes: Map<string, string>;
    accepted: number;
  }
  interface Real {
    record: CompensationRecord;
  }
  const KEYS = ['A', 'B', 'C'].map((name) => `key-${name}`);

  class Begin implements fc.Command<Model, Real> {
    readonly attempt: number;
    readonly revision: number;
    constructor(attempt: number, revision: number) {
      this.attempt = attempt;
      this.revision = revision;
    }
    check = () => true;
    run(model: Model, real: Real): void {
      const before = real.record;
      const { record, refused } = begin(before, this.attempt, this.revision);
      real.record = record;
      const expected =
        model.state === 'compensated'
          ? 'DuplicateCompensation'
          : this.revision !== REVISION
            ? 'StaleRevision'
            : this.attempt <= model.attempt
              ? 'StaleAttempt'
              : model.state === 'compensating'
                ? 'CompensationStateError'
                : null;
      expect(refused?.code ?? null).toBe(expected);
      expect(record.audit).toHaveLength(before.audit.length + 1);
      expect(record.audit.slice(0, -1)).toEqual(before.audit);
      if (expected !== null) return;
      model.state = 'compensating';
      model.attempt = this.attempt;
      model.accepted += 1;
      for (const [key, outcome] of model.outcomes) if (outcome === 'failed') model.outcomes.set(key, 'pending');
    }
    toString = () => `begin(${String(this.attempt)}, ${String(this.revision)})`;
  }

  class Settle implements fc.Command<Model, Real> {
    readonly key: string;
    readonly outcome: 'undone' | 'nothing_to_undo' | 'failed';
    constructor(key: string, outcome: 'undone' | 'nothing_to_undo' | 'failed') {
      this.key = key;
      this.outcome = outcome;
    }
    check = () => true;
    run(model: Model, real: Real): void {
      real.record = settleEntry(real.record, this.key, this.outcome, LATER);
      if (model.state === 'compensating' && model.outcomes.get(this.key) === 'pending') {
        model.outcomes.set(this.key, this.outcome);
      }
    }
    toString = () => `settle(${this.key}, ${this.outcome})`;
  }

  class Finish implements fc.Command<Model, Real> {
    check = () => true;
    run(model: Model, real: Real): void {
      const { record, refused } = finishAttempt(real.record, LATER);
      real.record = record;
      if (model.state !== 'compensating') {
        expect(refused).not.toBeNull();
        return;
      }
      expect(refused).toBeNull();
      const left = [...model.outcomes.values()].some((outcome) => outcome === 'pending' || outcome === 'failed');
      model.state = left ? 'failed' : 'compensated';
    }
    toString = () => 'finish';
  }

  test('record and model agree after every step', () => {
    const outcome = fc.constantFrom('undone' as const, 'nothing_to_undo' as const, 'failed' as const);
    const commands = fc.commands(
      [
        fc
          .tuple(fc.integer({ min: 0, max: 6 }), fc.constantFrom(REVISION, REVISION, REVISION, 2))
          .map(([attempt, revision]) => new Begin(attempt, revision)),
        fc.tuple(fc.constantFrom(...KEYS), outcome).map(([key, how]) => new Settle(key, how)),
        fc.constant(new Finish()),
      ],
      { maxCommands: 40 },
    );
    fc.assert(
      fc.property(commands, (sequence) => {
        const model: Model = {
          state: 'pending',
          attempt: 0,
          outcomes: new Map(KEYS.map((key) => [key, 'pending'])),
          accepted: 0,
        };
        const real: Real = { record: planned('A', 'B', 'C') };
        fc.modelRun(() => ({ model, real }), sequence);
        expect(real.record).toMatchObject({ state: model.state, attempt: model.attempt });
        expect(Object.fromEntries(real.record.entries.map((entry) => [entry.key, entry.outcome]))).toEqual(
          Object.fromEntries(model.outcomes),
        );
        expect(real.record.metrics.started).toBe(model.accepted);
        const refusals = Object.values(real.record.metrics.refused).reduce((sum, count) => sum + count, 0);
        expect(real.record.audit.filter((line) => !line.accepted)).toHaveLength(refusals);
        expect(JSON.parse(JSON.stringify(real.record))).toEqual(real.record);
      }),
      { numRuns: runs(500) },
    );
  });
});
