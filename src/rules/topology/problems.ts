/** What is wrong with a topology's text, and where. */

/** The way to a value from the topology's own root: `['flows', 3]`. */
export type Place = readonly (string | number)[];

/** One problem; `path` writes `place` out (`flows[3]`), and the message holds the offending text. */
export interface TopologyProblem {
  readonly path: string;
  readonly place: Place;
  readonly message: string;
}

/** Makes a problem. */
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

/** The lines of a list; anything that is no string is left to whoever checks shapes. */
export function linesOf(key: string, list: unknown): Line[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((text: unknown, index) => (typeof text === 'string' ? [{ text, place: [key, index] }] : []));
}
