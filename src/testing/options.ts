/** The options of a fleet under test. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadFleetFile } from '../cli/files/fleet-file';
import { checkFleetSpec } from '../client/fleets/fleet-validation';
import { DroverError } from '../contract/errors';
import type { FleetSpec } from '../contract/fleet';
import type { TestAgent } from './agents/definitions';
import type { Human } from './human';

/**
 * The fleet and its agents. Give `file`, the path or URL of a fleet file, or `spec`, the `spec` of
 * one. Every agent of the fleet needs a definition in `agents`.
 */
export interface TestFleetOptions {
  readonly file?: string | URL;
  readonly spec?: FleetSpec;
  /** The fleet's name; that of the file, or `fleet`, unless given. */
  readonly name?: string;
  readonly agents: Readonly<Record<string, TestAgent>>;
  /** Answers the questions of runs; without one, `t.answer` does. */
  readonly human?: Human;
  /** False: the test applies the fleet itself, for example to let its start fail. */
  readonly apply?: boolean;
}

/** A name and a checked specification. */
export interface GivenFleet {
  readonly name: string;
  readonly spec: FleetSpec;
}

/** Reads the file, or checks the specification. Throws `InvalidFleet` with every problem. */
export async function givenFleet({ file, spec, name }: TestFleetOptions): Promise<GivenFleet> {
  if ((file === undefined) === (spec === undefined)) {
    throw new DroverError('InvalidRequest', 'testFleet: give either file, the path of a fleet file, or spec');
  }
  if (spec !== undefined) return { name: name ?? 'fleet', spec: checkedSpec(spec) };
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file ?? '');
  const loaded = await loadFleetFile(path);
  return { name: name ?? loaded.file.metadata.name, spec: loaded.file.spec };
}

/** Checks a specification as `drover apply` does. */
export function checkedSpec(spec: FleetSpec): FleetSpec {
  const checked = checkFleetSpec(spec);
  if (checked.ok) return checked.value;
  const problems = checked.problems.map(({ path, message }) => `${['spec', ...path].join('.')}: ${message}`);
  throw new DroverError('InvalidFleet', problems.join('\n'));
}
