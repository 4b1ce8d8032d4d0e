/** Reads `convergence`: a named policy, a ratio, or an object. */
import { isRecord } from '../lib/parse';
import { durationMs } from '../lib/duration';
import { problemAt, type TopologyProblem } from './problems';
import type { Convergence } from './topology';

/** The default: all sources must arrive, else the waiting branch fails. */
const STRICT: Convergence = {
  minRatio: 1,
  onInsufficient: 'fail',
  quorum: null,
  terminateOrphans: true,
  timeoutMs: null,
};

/** The named policies (docs/coordination.md, "Topology"). */
const NAMED: Readonly<Record<string, Convergence>> = {
  strict: STRICT,
  majority: { ...STRICT, minRatio: 0.51 },
  user: { ...STRICT, minRatio: 0.67, onInsufficient: 'user' },
  any: { ...STRICT, minRatio: 0, onInsufficient: 'proceed' },
};

const ON_INSUFFICIENT = ['fail', 'proceed', 'user'] as const;

/** Reads a convergence of any shape. An unreadable field is a problem and keeps its default. */
export function readConvergence(spec: unknown): { convergence: Convergence; problems: TopologyProblem[] } {
  if (spec === undefined) return { convergence: STRICT, problems: [] };
  if (typeof spec === 'number') return readObject({ minRatio: spec }, ['convergence']);
  if (isRecord(spec)) return readObject(spec, ['convergence', 'minRatio']);
  const named = typeof spec === 'string' && Object.hasOwn(NAMED, spec) ? NAMED[spec] : undefined;
  if (named) return { convergence: named, problems: [] };
  const message = `Unknown convergence ${JSON.stringify(spec)}; expected strict, majority, user, any, a ratio from 0 to 1, or an object`;
  return { convergence: STRICT, problems: [problemAt(['convergence'], message)] };
}

function readObject(spec: Readonly<Record<string, unknown>>, ratioPlace: readonly string[]) {
  const problems: TopologyProblem[] = [];
  const field = <T>(
    key: keyof typeof spec,
    place: readonly string[],
    read: (value: unknown) => T | undefined,
    expected: string,
    otherwise: T,
  ): T => {
    const value = spec[key];
    if (value === undefined) return otherwise;
    const result = read(value);
    if (result === undefined) problems.push(problemAt(place, `${expected}, got ${JSON.stringify(value)}`));
    return result ?? otherwise;
  };
  const under = (key: string) => ['convergence', key];
  const convergence: Convergence = {
    minRatio: field('minRatio', ratioPlace, ratio, 'Ratio must be from 0 to 1', STRICT.minRatio),
    onInsufficient: field(
      'onInsufficient',
      under('onInsufficient'),
      (value) => ON_INSUFFICIENT.find((word) => word === value),
      `Expected one of ${ON_INSUFFICIENT.join(', ')}`,
      STRICT.onInsufficient,
    ),
    quorum: field('quorum', under('quorum'), wholeFromOne, 'Quorum must be a whole number from 1', STRICT.quorum),
    terminateOrphans: field(
      'terminateOrphans',
      under('terminateOrphans'),
      (value) => (typeof value === 'boolean' ? value : undefined),
      'Expected true or false',
      STRICT.terminateOrphans,
    ),
    timeoutMs: field(
      'timeout',
      under('timeout'),
      positiveMs,
      'Expected a duration longer than 0 such as 5m',
      STRICT.timeoutMs,
    ),
  };
  return { convergence, problems };
}

function ratio(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}

function wholeFromOne(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

function positiveMs(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? durationMs(value) : undefined;
  return ms === 0 ? undefined : ms;
}
