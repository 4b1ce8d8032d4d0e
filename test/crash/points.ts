/** Where the crash matrix breaks a change: every boundary between two steps, and between an act and its answer. */

/**
 * The request to the fleet: eight new agents; eight of which one cannot start; two replaced, two
 * removed and two added of eight; a pause of eight, and their resume; the cancellation of eight of
 * which one is silent; to give up eight that can be removed.
 */
export type Scenario = 'create' | 'undo' | 'change' | 'hold' | 'release' | 'cancel' | 'forget';

/** The n-th call (from 1) of an operation: a provider's, or an activity that starts or ends an agent's workflow. */
export interface Point {
  readonly scenario: Scenario;
  readonly call: 'create' | 'ensureAgent' | 'wake' | 'retireAgent' | 'destroy' | 'setHold' | 'suspend' | 'continue';
  /** `after`: the effect has happened, its answer is lost. */
  readonly when: 'before' | 'after';
  readonly nth: number;
  /** The process that makes the call is killed with -9, or the workflow of the change is terminated. */
  readonly how: 'kill' | 'terminate';
}

type Place = Omit<Point, 'how'>;

/** Agents of the fleet. */
export const AGENTS = 8;

const at = (scenario: Scenario, call: Point['call'], when: Point['when'], nth: number): Place => ({
  scenario,
  call,
  when,
  nth,
});

const PLACES: readonly Place[] = [
  at('create', 'create', 'before', 1),
  at('create', 'create', 'after', 1),
  at('create', 'create', 'before', 5),
  at('create', 'create', 'after', 5),
  at('create', 'create', 'after', AGENTS),
  at('create', 'ensureAgent', 'before', 1),
  at('create', 'ensureAgent', 'after', 4),
  at('create', 'wake', 'before', 1),
  at('create', 'wake', 'after', 1),
  at('create', 'wake', 'before', 5),
  at('create', 'wake', 'after', 5),
  at('create', 'wake', 'after', AGENTS),
  at('undo', 'retireAgent', 'after', 2),
  at('undo', 'destroy', 'before', 1),
  at('undo', 'destroy', 'after', 1),
  at('undo', 'destroy', 'after', 4),
  at('change', 'retireAgent', 'after', 1),
  at('change', 'destroy', 'after', 1),
  at('change', 'create', 'after', 1),
  at('change', 'wake', 'after', 1),
];

const COMMAND_PLACES: readonly Place[] = [
  at('hold', 'setHold', 'before', 1),
  at('hold', 'setHold', 'after', 1),
  at('hold', 'suspend', 'before', 1),
  at('hold', 'suspend', 'after', 1),
  at('hold', 'suspend', 'after', AGENTS),
  at('release', 'setHold', 'after', 1),
  at('release', 'continue', 'before', 1),
  at('release', 'continue', 'after', 1),
  at('release', 'continue', 'after', AGENTS),
  at('cancel', 'retireAgent', 'before', 1),
  at('cancel', 'retireAgent', 'after', 2),
  at('cancel', 'destroy', 'before', 1),
  at('cancel', 'destroy', 'after', 4),
  at('forget', 'retireAgent', 'before', 1),
  at('forget', 'retireAgent', 'after', 2),
  at('forget', 'destroy', 'before', 1),
  at('forget', 'destroy', 'after', 4),
];

/** The same around commands: a hold and its release, a cancellation, a removal with `forget`. */
export function commandPoints(): Point[] {
  return COMMAND_PLACES.map((place) => ({ ...place, how: 'kill' }));
}

/** The places, with what happens there. */
export function points(how: Point['how']): Point[] {
  return PLACES.map((place) => ({ ...place, how }));
}

/** Five of them, for an engine whose containers take their time: one of each step. */
export function fewPoints(): Point[] {
  const few = [
    at('create', 'create', 'after', 1),
    at('create', 'wake', 'after', 5),
    at('undo', 'destroy', 'after', 1),
    at('change', 'create', 'after', 1),
  ].map((place): Point => ({ ...place, how: 'kill' }));
  return [...few, { ...at('create', 'create', 'after', 5), how: 'terminate' }];
}

/** `create 5 of create, answer lost, worker killed`. */
export function title({ scenario, call, when, nth }: Point): string {
  return `${scenario}: ${call} ${String(nth)}, ${when === 'before' ? 'before it' : 'its answer lost'}`;
}
