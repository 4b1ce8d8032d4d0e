/** Decides whether enough sources arrived, and describes the case where they did not. */
import type { Convergence } from '../../topology/topology';
import type { BarrierPlan } from '../plan';
import type { Sources } from './sources';

/** Whether enough arrived. The root has no quorum and needs at least one value for its answer. */
export function isEnough(plan: BarrierPlan, sources: Sources): boolean {
  const { quorum, minRatio } = plan.base.topology.convergence;
  const arrived = sources.arrived();
  if (plan.agent === null) return arrived > 0 && arrived / (arrived + sources.failed().length) >= minRatio;
  return quorum === null ? arrived / (arrived + sources.failed().length) >= minRatio : arrived >= quorum;
}

/** The error of too few arrivals: `insufficient arrivals: 1 of 2 (B2: b2 died)`. */
export function insufficient(convergence: Convergence, plan: BarrierPlan, sources: Sources): string {
  const arrived = sources.arrived();
  const quorum = plan.agent === null ? null : convergence.quorum;
  const needed = quorum === null ? '' : `, ${String(quorum)} needed`;
  const reasons = sources.reasons();
  const total = arrived + sources.failed().length;
  return `insufficient arrivals: ${String(arrived)} of ${String(total)}${needed}${reasons === '' ? '' : ` (${reasons})`}`;
}

/**
 * The whole answer in lower case without surrounding punctuation. Only these let a run continue
 * without a source.
 */
const YES = new Set(
  'y|yes|yep|yeah|yes please|ok|okay|sure|proceed|continue|go|go on|go ahead|approve|approved|true|1|ja|oui|si|sí'.split(
    '|',
  ),
);
const NO = new Set(
  'n|no|nope|nay|nah|never|not|stop|cancel|abort|reject|rejected|deny|denied|fail|false|0|nein|non'.split('|'),
);

/**
 * Reads a human's answer to "proceed?". Any other word is `unclear`, and the question is asked
 * again.
 */
export function readVerdict(answer: unknown): 'yes' | 'no' | 'unclear' {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  if (typeof answer !== 'string') return 'unclear';
  const word = answer.toLowerCase().replace(/^[\s"'.,!]+|[\s"'.,!]+$/g, '');
  if (YES.has(word)) return 'yes';
  return NO.has(word) ? 'no' : 'unclear';
}
