/** Text of a workflow's open troubles for people. */
import type { UntoldAgent } from '../../contract/fleet';
import type { Trouble } from '../../contract/trouble';

/** The most agents or troubles named in one description; `-o json` has all. */
const SHOWN = 10;

/** One fact per trouble for `describe`. */
export function troubleFacts(troubles: readonly Trouble[] | undefined): (readonly [string, string])[] {
  const rows = (troubles ?? []).map(
    ({ what, why, since, attempts }) =>
      ['Trouble', `${what}: ${why} (${String(attempts)} tries since ${since}; it keeps trying)`] as const,
  );
  return rows.slice(0, SHOWN);
}

/** The agents that have not followed their fleet's pause or resume yet. */
export function untoldFacts(untold: readonly UntoldAgent[] | undefined): (readonly [string, string])[] {
  if (untold === undefined || untold.length === 0) return [];
  const named = untold
    .slice(0, SHOWN)
    .map(({ agent, why }) => (why === null ? `${agent} (on its way)` : `${agent} (${why})`));
  const more = untold.length > SHOWN ? [`and ${String(untold.length - SHOWN)} more`] : [];
  return [['Not followed yet', [...named, ...more].join(', ')]];
}
