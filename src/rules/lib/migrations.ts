/**
 * Lifts the input of a workflow from the version of its writer to the version that this code reads.
 * The parser runs afterwards and sees only the current version (docs/upgrading.md).
 */
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import { invalid, isRecord } from './parse';

/** A workflow's input: JSON from outside, not parsed yet. */
export type Unparsed = Readonly<Record<string, unknown>>;

/**
 * Turns an input of version n into one of version n + 1; `migrate` sets `v`. It must not change its
 * argument.
 */
export type Lift = (input: Unparsed) => Unparsed;

/** The versions of one workflow's input. */
export interface Migrations {
  /** The owner of the input, for messages: `agent`. */
  readonly what: string;
  /** The version that this code reads and writes. */
  readonly version: number;
  /**
   * The input in the current version. Throws `InvalidRequest` if it has no version,
   * `NewerVersion` if this code is too old for it.
   */
  readonly migrate: (input: unknown) => Unparsed;
}

/** An input of newer code: the input is fine, and the worker must be updated. */
export class NewerVersion extends DroverError {
  constructor(what: string, found: number, known: number) {
    super(
      'InvalidRequest',
      `input.v: the input of this ${what} has version ${String(found)}, and this worker reads up to version ${String(known)}; update the worker`,
      { path: 'input.v', found, known },
    );
  }
}

/**
 * The versions of one workflow's input. `lifts[0]` turns version 1 into version 2, and so on, so
 * there is one lift fewer than versions. `V` is the literal type of `v` in the current input: code
 * that still writes the old number does not compile. `shape` is what a person would send.
 */
export function migrations<V extends number>(
  what: string,
  version: V,
  lifts: readonly Lift[],
  shape = `{v: ${String(version)}, …}`,
): Migrations {
  if (lifts.length !== version - 1) {
    throw new DroverError(
      'Internal',
      `the input of ${what} has version ${String(version)}, but ${String(lifts.length)} lifts: add one for each version after the first`,
    );
  }
  return {
    what,
    version,
    migrate(input) {
      if (!isRecord(input))
        return invalid('input', `expected the input of a workflow "${what}", an object; input takes ${shape}`);
      const { v } = input;
      if (typeof v !== 'number' || !Number.isInteger(v) || v < 1) {
        return invalid(
          'input.v',
          `expected a version of the input, an integer from 1 to ${String(version)}; input takes ${shape}`,
        );
      }
      if (v > version) throw new NewerVersion(what, v, version);
      return lifts
        .slice(v - 1)
        .reduce<Unparsed>((lifted, lift, index) => ({ ...step(lift, lifted, v + index), v: v + index + 1 }), input);
    },
  };
}

function step(lift: Lift, input: Unparsed, from: number): Unparsed {
  try {
    return lift(input);
  } catch (error) {
    if (error instanceof DroverError) throw error;
    return invalid('input', `cannot be read as version ${String(from)}: ${messageOf(error)}`);
  }
}
