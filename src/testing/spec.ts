/** A fleet's specification as the kit applies it: with a webhook that collects events, and without real secrets. */
import type { FleetSpec } from '../contract/fleet';
import type { NotifySpec } from '../contract/event';
import { DroverError } from '../contract/errors';
import { isRecord } from '../rules/lib/parse';

/** The webhook that stands for the test: it receives every event, and is never called. */
const EVENTS: NotifySpec = { url: 'https://events-of-a-test.invalid/' };

/** A specification, and the values behind its references to secrets. */
export interface PreparedSpec {
  readonly spec: FleetSpec;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The value of a secret in a test. */
function secretValue(name: string): string {
  return `secret-of-a-test-${name}`;
}

/** Prepares a specification: the test receives its events, and every secret gets a made-up value. */
export function prepareSpec(given: FleetSpec): PreparedSpec {
  const secrets: Record<string, string> = {};
  const resolvable = (reference: string): string => {
    const name = reference.startsWith('env:')
      ? reference.slice('env:'.length)
      : `DROVER_TEST_FILE_${reference.replace(/\W/g, '_')}`;
    secrets[name] = secretValue(name);
    return `env:${name}`;
  };
  const spec = withReferences(given, resolvable) as FleetSpec;
  const told = (notify: readonly NotifySpec[] | undefined): readonly NotifySpec[] => [...(notify ?? []), EVENTS];
  const agents = spec.agents.map((agent) =>
    agent.notify === undefined ? agent : { ...agent, notify: told(agent.notify) },
  );
  return { spec: { ...spec, agents, notify: told(spec.notify) }, secrets };
}

/** Maps every text under the key `secret`. */
function withReferences(value: unknown, map: (reference: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withReferences(item, map));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'secret' && typeof inner === 'string' ? map(inner) : withReferences(inner, map),
    ]),
  );
}

/** Throws `InvalidRequest` unless each agent of the fleet has a definition, and no other name has one. */
export function checkNames(spec: FleetSpec, defined: readonly string[]): void {
  const names = spec.agents.map(({ name }) => name);
  const missing = names.filter((name) => !defined.includes(name));
  const unknown = defined.filter((name) => !names.includes(name));
  const quoted = (list: readonly string[]): string => list.map((name) => `"${name}"`).join(', ');
  if (missing.length > 0) {
    const how = `add ${missing.map((name) => `${name}: script(final('done'))`).join(', ')} or a handler of turns`;
    throw new DroverError('InvalidRequest', `agents: no definition of ${quoted(missing)}: ${how}`);
  }
  if (unknown.length > 0) {
    const known = `the fleet has ${quoted(names)}`;
    throw new DroverError('InvalidRequest', `agents: ${quoted(unknown)} is not an agent of the fleet: ${known}`);
  }
}
