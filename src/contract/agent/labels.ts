/** Labels of agents, as Kubernetes has them: pairs of words, and selectors that choose by them. */
import { DroverError } from '../errors';

/** Labels by key. */
export type Labels = Readonly<Record<string, string>>;

/** The most labels of one agent: lists carry all of them. */
export const MOST_LABELS = 16;

const WORD = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
const PREFIX = '[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?';
const KEY = `(?:${PREFIX}/)?${WORD}`;
/** A key: `team`, or with a prefix `example.com/team`. */
export const LABEL_KEY_PATTERN = new RegExp(`^${KEY}$`);
/** The rule of keys in words. */
export const LABEL_KEY_EXPECTED =
  'is not a label: use 1 to 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit, if need be after a prefix such as example.com/';
/** A value; it may be empty. */
export const LABEL_VALUE_PATTERN = new RegExp(`^(?:${WORD})?$`);
/** The rule of values in words. */
export const LABEL_VALUE_EXPECTED =
  'at most 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit';

/** The condition of a selector on one label. */
interface Requirement {
  readonly key: string;
  readonly wants: (value: string | undefined) => boolean;
}

/** `key`, `!key`, `key=value`, `key==value` or `key!=value`. */
const REQUIREMENT = new RegExp(`^(!)?(${KEY})(?:(==?|!=)((?:${WORD})?))?$`);

/**
 * Reads a selector such as `team=red,tier!=test,gpu,!old`: all parts must hold. As in Kubernetes,
 * `key!=value` also chooses what has no such label. `InvalidRequest` for another text.
 *
 * @example
 * selector('team=red,tier!=test')({ team: 'red' }); // true
 */
export function selector(text: string): (labels: Labels) => boolean {
  const requirements = text.split(',').map((part): Requirement => {
    const [, not, key, operator, value = ''] = REQUIREMENT.exec(part.trim()) ?? [];
    if (key === undefined || (not !== undefined && operator !== undefined)) {
      throw new DroverError(
        'InvalidRequest',
        `invalid selector "${part.trim()}": use key=value, key!=value, key or !key, with commas between them`,
      );
    }
    if (operator === undefined) return { key, wants: (given) => (given !== undefined) === (not === undefined) };
    return { key, wants: (given) => (given === value) === (operator !== '!=') };
  });
  return (labels) =>
    requirements.every(({ key, wants }) => wants(Object.hasOwn(labels, key) ? labels[key] : undefined));
}

/** Labels as a line: `team=red,tier=test`; `-` without any. */
export function labelsText(labels: Labels | undefined): string {
  return (
    Object.entries(labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(',') || '-'
  );
}
