/** Whether what arrived is enough, and what is said when it is not. */
import type { Convergence } from '../topology/topology';
import type { BarrierPlan } from './plan';
import type { Sources } from './sources';

/** The root knows no quorum, and needs at least one value to answer with. */
export function isEnough(plan: BarrierPlan, sources: Sources): boolean {
  const { quorum, minRatio } = plan.base.topology.convergence;
  const arrived = sources.arrived();
  if (plan.agent === null) return arrived > 0 && arrived / (arrived + sources.failed().length) >= minRatio;
  return quorum === null ? arrived / (arrived + sources.failed().length) >= minRatio : arrived >= quorum;
}

/** `insufficient arrivals: 1 of 2 (B2: b2 died)`. */
export function insufficient(convergence: Convergence, plan: BarrierPlan, sources: Sources): string {
  const arrived = sources.arrived();
  const quorum = plan.agent === null ? null : convergence.quorum;
  const needed = quorum === null ? '' : `, ${String(quorum)} needed`;
  const reasons = sources.reasons();
  const total = arrived + sources.failed().length;
  return `insufficient arrivals: ${String(arrived)} of ${String(total)}${needed}${reasons === '' ? '' : ` (${reasons})`}`;
}

/** A human's answer to "proceed?": anything but a no. */
export function isYes(answer: unknown): boolean {
  if (typeof answer === 'string') return !/^\s*(?:no?|false|fail|stop|cancel)\b/i.test(answer);
  return answer !== false && answer !== null;
}
