/** The sources of a barrier that arrived or failed. Each counts once, and never as both. */
import type { SourceFailure, SourceResult } from '../../../contract/agent/turns';
import { boundedList, ERROR_BYTES } from '../../../contract/text';
import { withShares } from '../../lib/shares';
import { compareBranches, inBranchOrder } from './branch-order';
import type { Contribution } from '../state';

/** The bytes of all reasons, which must fit into one error together with its sentence. */
const REASONS_BYTES = ERROR_BYTES - 128;

interface Source {
  readonly from: string;
  readonly branch: string;
}

interface Arrival extends Source {
  readonly values: unknown[];
}

/** The sources of one barrier. */
export interface Sources {
  arrive(contribution: Contribution): void;
  /** A failed source stays failed; its values, earlier or later, do not count. */
  fail(failure: SourceFailure): void;
  arrived(): number;
  /** In the order of branches; `from` is the source's label. */
  failed(): readonly SourceFailure[];
  /** One result per source, in order of branches or of arrival; `from` is the source's label. */
  results(order: 'branches' | 'arrival'): SourceResult[];
  /** The reasons of all failed sources in one text. */
  reasons(): string;
}

/** Creates sources of which none has arrived. */
export function createSources(): Sources {
  const arrivals = new Map<string, Arrival>();
  const failures = new Map<string, SourceFailure>();
  const keyOf = ({ from, branch }: Source): string => `${from}@${branch}`;

  /** `AgentA` for the first branch of that agent, `AgentA#<branch>` for later ones. */
  const labels = (): ((source: Source) => string) => {
    const firsts = new Map<string, string>();
    for (const { from, branch } of [...arrivals.values(), ...failures.values()]) {
      const first = firsts.get(from);
      if (first === undefined || compareBranches(branch, first) < 0) firsts.set(from, branch);
    }
    return ({ from, branch }) => (firsts.get(from) === branch ? from : `${from}#${branch}`);
  };
  const failed = (): SourceFailure[] => {
    const label = labels();
    return withShares(ordered(failures.values())).map((failure) => ({ ...failure, from: label(failure) }));
  };

  return {
    arrive(contribution) {
      const key = keyOf(contribution);
      if (failures.has(key)) return;
      const { from, branch, value } = contribution;
      const there = arrivals.get(key);
      if (there) there.values.push(value);
      else arrivals.set(key, { from, branch, values: [value] });
    },
    fail(failure) {
      const key = keyOf(failure);
      arrivals.delete(key);
      failures.set(key, failure);
    },
    arrived: () => arrivals.size,
    failed,
    results(order) {
      const label = labels();
      const inOrder = order === 'branches' ? ordered(arrivals.values()) : [...arrivals.values()];
      return inOrder.map((arrival) => ({ from: label(arrival), branch: arrival.branch, value: valueOf(arrival) }));
    },
    reasons() {
      return boundedList(
        failed().map(({ from, error }) => `${from}: ${error}`),
        REASONS_BYTES,
      );
    },
  };
}

function ordered<S extends Source>(sources: Iterable<S>): S[] {
  return inBranchOrder(sources, ({ branch }) => branch);
}

/**
 * A source with several values, such as one to End in a fan-out and one at its end, has one result:
 * their list.
 */
function valueOf({ values }: Arrival): unknown {
  return values.length === 1 ? values[0] : values;
}
