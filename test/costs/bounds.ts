/**
 * What each operation may cost at the server, all workflows together. A change that makes one dearer raises its bound here, on purpose,
 * with a line in CHANGELOG.md and in docs/performance.md.
 */
import type { Cost } from './counting';

/** The most events and state transitions of each operation. */
export const BOUNDS = {
  'start an agent': { events: 24, transitions: 10 },
  'an idle minute of 5 agents': { events: 20, transitions: 10 },
  'pause and resume': { events: 36, transitions: 10 },
  'a refused resume': { events: 0, transitions: 0 },
  restart: { events: 36, transitions: 11 },
  'a run of one turn': { events: 40, transitions: 24 },
  'a run with a hand-over': { events: 63, transitions: 38 },
  'a run that fans out to 10': { events: 345, transitions: 216 },
  'a run with a question': { events: 82, transitions: 46 },
  'the MARS run': { events: 180, transitions: 111 },
  'a switch of a credential': { events: 52, transitions: 24 },
  'an apply of 10 agents': { events: 425, transitions: 190 },
} as const satisfies Record<string, Cost>;

/** An operation whose cost is counted. */
export type Operation = keyof typeof BOUNDS;
