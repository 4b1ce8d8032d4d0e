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

const NO = /^\s*(?:$|(?:no?|nope|nay|never|not|don't|do not|false|0|fail|stop|cancel|abort|reject|deny)\b)/i;

/** A human's answer to "proceed?": anything but a no, in whatever words; nothing at all is no yes. */
export function isYes(answer: unknown): boolean {
  return typeof answer === 'string' ? !NO.test(answer) : Boolean(answer);
}
