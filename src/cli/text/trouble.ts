/** What a workflow has not managed yet, as people read it. */
import type { UntoldAgent } from '../../contract/fleet';
import type { Trouble } from '../../contract/trouble';

/** Agents and troubles named in one description; `-o json` has all. */
const SHOWN = 10;

/** One fact each for `describe`; none where all is well. */
export function troubleFacts(troubles: readonly Trouble[] | undefined): (readonly [string, string])[] {
  const rows = (troubles ?? []).map(
    ({ what, why, since, attempts }) =>
      ['Trouble', `${what}: ${why} (${String(attempts)} tries since ${since}; it goes on trying)`] as const,
  );
  return rows.slice(0, SHOWN);
}

/** Which agents have not followed their fleet's pause or resume; nothing where all have. */
export function untoldFacts(untold: readonly UntoldAgent[] | undefined): (readonly [string, string])[] {
  if (untold === undefined || untold.length === 0) return [];
  const named = untold
    .slice(0, SHOWN)
    .map(({ agent, why }) => (why === null ? `${agent} (on its way)` : `${agent} (${why})`));
  const more = untold.length > SHOWN ? [`and ${String(untold.length - SHOWN)} more`] : [];
  return [['Not followed yet', [...named, ...more].join(', ')]];
}
