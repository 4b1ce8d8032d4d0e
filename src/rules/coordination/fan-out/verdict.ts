/** Decides whether enough sources arrived, and describes the case if they did not. */
import type { Convergence } from '../../topology/topology';
import type { BarrierPlan } from '../plan';
import type { Sources } from './sources';

/** How many of so many sources must arrive. The root has no quorum and needs at least one value for its answer. */
export function neededOf(plan: BarrierPlan, sources: number): number {
  const { quorum, minRatio } = plan.base.topology.convergence;
  if (plan.agent === null) return Math.max(1, shareOf(minRatio, sources));
  return quorum ?? shareOf(minRatio, sources);
}

/** The least number whose share of `sources` is at least `ratio`; a product of fractions may be off by one. */
function shareOf(ratio: number, sources: number): number {
  const near = Math.max(0, Math.floor(ratio * sources) - 1);
  return [near, near + 1, near + 2].find((count) => count / sources >= ratio) ?? sources;
}

/** Whether enough of the sources arrived. */
export function isEnough(plan: BarrierPlan, sources: Sources): boolean {
  const arrived = sources.arrived();
  return arrived >= neededOf(plan, arrived + sources.failed().length);
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

/** The answers that mean yes. A word that also answers another question (`1`, `fine`, `right`) is not here. */
export const YES_WORDS: ReadonlySet<string> = new Set(
  'yes|y|yep|yeah|yes please|ok|okay|sure|proceed|continue|go|go on|go ahead|approve|approved|true|ja|oui|si|sí'.split(
    '|',
  ),
);
/** The answers that mean no. */
export const NO_WORDS: ReadonlySet<string> = new Set(
  'no|n|nope|nay|nah|never|not|stop|cancel|abort|reject|rejected|deny|denied|fail|false|nein|non'.split('|'),
);

/**
 * Reads a person's answer to a question of yes or no. The whole answer must be one of the words, in any
 * case; spaces around it, a pair of quotes, a full stop and exclamation marks do not count. Anything
 * else is `unclear`: a doubt ("yes?", "ok..."), a denial ("!yes"), a letter of another alphabet.
 */
export function readVerdict(answer: unknown): 'yes' | 'no' | 'unclear' {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  if (typeof answer !== 'string') return 'unclear';
  const whole = answer.trim().toLowerCase();
  const said = /^(["'])(.*)\1$/.exec(whole)?.[2] ?? whole;
  const word = said.replace(/(?:\.|!+)$/, '').trim();
  if (YES_WORDS.has(word)) return 'yes';
  return NO_WORDS.has(word) ? 'no' : 'unclear';
}
