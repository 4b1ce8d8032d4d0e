/**
 * The brake: where more than half of a lease's agents fall silent at once, the gateway suspects
 * itself rather than them (docs/lifecycle.md, "Leases").
 */

/** The facts for the brake. Times are milliseconds of one monotonic clock. */
export interface Counted {
  readonly seenAt: number;
  readonly staleAfterMs: number;
  /** Whether it should beat: suspended, stopped and stopping agents do not count. */
  readonly shouldBeat: boolean;
}

/** So few agents may stop at once by themselves. */
const LEAST_AGENTS = 20;
/** Agents that go silent within this time of each other go silent at once. */
const AT_ONCE_MS = 10_000;

/**
 * Whether the silence of an agent is that of more than half of the agents of its lease, which went
 * silent within 10 s of it. One counts as silent after two thirds of its `staleAfter`.
 */
export function isMassSilence(silent: Counted, agents: Iterable<Counted>, now: number): boolean {
  let counted = 0;
  let alike = 0;
  for (const { seenAt, staleAfterMs, shouldBeat } of agents) {
    if (!shouldBeat) continue;
    counted += 1;
    const isQuiet = now - seenAt >= (2 / 3) * staleAfterMs;
    if (isQuiet && Math.abs(seenAt - silent.seenAt) <= AT_ONCE_MS) alike += 1;
  }
  return counted >= LEAST_AGENTS && alike > counted / 2;
}
