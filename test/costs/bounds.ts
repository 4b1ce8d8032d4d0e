/**
 * The most that each operation may cost at the server, all workflows together. A change that makes
 * one cost more raises its bound here, on purpose, with a line in CHANGELOG.md and in
 * docs/performance.md.
 */
import type { Cost } from './counting';

/** The most events and state transitions of each operation. */
export const BOUNDS = {
  'start an agent': { events: 24, transitions: 10 },
  'an idle minute of 5 agents': { events: 20, transitions: 10 },
  'pause and resume': { events: 36, transitions: 10 },
  'a refused resume': { events: 0, transitions: 0 },
  restart: { events: 36, transitions: 11 },
  'a run of one turn': { events: 26, transitions: 15 },
  'a run with a hand-over': { events: 45, transitions: 26 },
  'a run that fans out to 10': { events: 325, transitions: 202 },
  'a run with a question': { events: 54, transitions: 27 },
  'the MARS run': { events: 160, transitions: 95 },
  'a switch of a credential': { events: 52, transitions: 24 },
  'an apply of 10 agents': { events: 425, transitions: 190 },
} as const satisfies Record<string, Cost>;

/** An operation whose cost is counted. */
export type Operation = keyof typeof BOUNDS;
