/** The differing values in a plan: bounded texts, and no secret. */
import { isReference } from '../../../contract/agent/references';
import type { FleetSpec, PlannedDifference } from '../../../contract/fleet';
import { boundedText } from '../../../contract/text';
import { unsigned } from '../../agent/spec/spec';
import { isRecord } from '../../lib/parse';
import { desiredAgents, differingValues, type OwnedWithSpec } from './plan';

/** The most bytes of one value: two lines of a terminal. */
const VALUE_BYTES = 160;
/** The most values of one plan; the fields of all agents stand in the plan itself. */
const MOST_VALUES = 500;
/** In place of a secret. */
const HIDDEN = '***';

/** A variable of an agent's program may hold a secret under any name. */
const VARIABLE = /^(?:process|docker)\.env\./;
/** An option or a key that is named like a secret. */
const SECRET_NAME = /(?:key|token|secret|password|passwd|credential)s?$/i;
/** An option with its value: `--api-key=abc`, `TOKEN=abc`, `password: abc`. */
const ASSIGNED = /((?:key|token|secret|password|passwd|credential)s?["']?\s*[=:]\s*)[^\s"',]+/gi;
/** The user and password of a URL. */
const IN_URL = /(:\/\/)[^\s/@"]+@/g;

/** The old and the new values of the agents that stay, and of the fleet's own settings. */
export function planDifferences(
  owned: Readonly<Record<string, OwnedWithSpec>>,
  before: FleetSpec,
  after: FleetSpec,
): PlannedDifference[] {
  const { agents: _former, ...was } = before;
  const { agents: _agents, ...is } = after;
  const ofAgents = desiredAgents(after).flatMap((desired) => {
    const known = owned[desired.name]?.spec;
    return known ? differencesOf(desired.name, unsigned(known), unsigned(desired)) : [];
  });
  return [...ofAgents, ...differencesOf(null, was, is)].slice(0, MOST_VALUES);
}

function differencesOf(agent: string | null, before: unknown, after: unknown): PlannedDifference[] {
  return differingValues(before, after).map(({ field, was, is }) => ({
    agent,
    field,
    old: shown(field, was),
    new: shown(field, is),
  }));
}

function shown(field: string, value: unknown): string | null {
  if (value === undefined) return null;
  return boundedText(JSON.stringify(withoutSecrets(field, value)), VALUE_BYTES);
}

/** References stay, because they are names of secrets and not secrets. */
function withoutSecrets(field: string, value: unknown): unknown {
  if (typeof value === 'string') {
    if (isReference(value)) return value;
    const name = field.split('.').at(-1) ?? '';
    return VARIABLE.test(field) || SECRET_NAME.test(name) ? HIDDEN : cleaned(value);
  }
  if (Array.isArray(value)) return withoutOptions(value.map((item: unknown) => withoutSecrets(field, item)));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutSecrets(`${field}.${key}`, item)]));
}

function cleaned(text: string): string {
  return text.replace(ASSIGNED, `$1${HIDDEN}`).replace(IN_URL, `$1${HIDDEN}@`);
}

/** A command line: the word after `--token` is its value. */
function withoutOptions(words: readonly unknown[]): unknown[] {
  return words.map((word, index) => {
    const before = words[index - 1];
    const isValue = typeof before === 'string' && /^--?[A-Za-z]/.test(before) && SECRET_NAME.test(before);
    return isValue && typeof word === 'string' && !isReference(word) ? HIDDEN : word;
  });
}
