/** The problems of a topology's text. */

/** The place of a value, from the topology's root: `['flows', 3]`. */
export type Place = readonly (string | number)[];

/** One problem. `path` is `place` as text (`flows[3]`); the message quotes the offending text. */
export interface TopologyProblem {
  readonly path: string;
  readonly place: Place;
  readonly message: string;
}

/** Creates a problem. */
export function problemAt(place: Place, message: string): TopologyProblem {
  return { path: pathText(place), place, message };
}

function pathText(place: Place): string {
  return place
    .map((step, index) => (typeof step === 'number' ? `[${String(step)}]` : index === 0 ? step : `.${step}`))
    .join('');
}

/** One line of the topology's text, with its place. */
export interface Line {
  readonly text: string;
  readonly place: Place;
}

/** The lines of a list. It ignores values that are not strings, which the schemas report. */
export function linesOf(key: string, list: unknown): Line[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((text: unknown, index) => (typeof text === 'string' ? [{ text, place: [key, index] }] : []));
}
