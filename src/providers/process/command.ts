/**
 * Prepares the start of a process agent: an existing program, an existing directory, and an
 * environment.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { WakeCall } from '../../contract/activities';
import type { ProcessSpec } from '../../contract/agent';
import { type AgentAccess, instanceVariables } from '../environment';
import { providerError, titleOf } from '../provider';

/** The environment of the worker. An agent inherits three variables of it. */
export type HostEnvironment = Readonly<Record<string, string | undefined>>;

const INHERITED = ['PATH', 'HOME', 'LANG'] as const;
/** Names that every shell passes on; it drops other names silently. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A prepared start. */
export interface Launch {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The `process` part of a call's specification. */
export function processSpecOf(call: Pick<WakeCall, 'spec' | 'fleet' | 'agent'>): ProcessSpec {
  const { process: spec } = call.spec;
  if (!spec?.command[0]) throw refused(call, 'its specification names no process.command');
  for (const name of Object.keys(spec.env ?? {})) {
    if (!VARIABLE.test(name))
      throw refused(
        call,
        `process.env: invalid name ${JSON.stringify(name)}: use letters, digits and "_", not starting with a digit`,
      );
  }
  return spec;
}

/** Prepares a start before anything runs. `ProviderError` names a missing program or directory. */
export async function prepareLaunch(call: WakeCall, host: HostEnvironment, agents: AgentAccess): Promise<Launch> {
  const spec = processSpecOf(call);
  const inherited = INHERITED.flatMap((name) => (host[name] === undefined ? [] : [[name, host[name]] as const]));
  const added = await instanceVariables(call, agents, host);
  const env = { ...Object.fromEntries(inherited), ...added };
  const cwd = resolve(spec.cwd ?? '.');
  if (!(await isDirectory(cwd))) throw refused(call, `its working directory ${cwd} does not exist`);
  const [program = '', ...rest] = spec.command;
  const file = await findProgram(program, cwd, env['PATH'] ?? '');
  if (file === undefined) {
    const where = program.includes('/') ? `no executable file ${resolve(cwd, program)}` : `no directory of PATH has it`;
    throw refused(call, `command ${JSON.stringify(program)} cannot be run: ${where}`);
  }
  return { command: [file, ...rest], cwd, env };
}

function refused(call: Pick<WakeCall, 'fleet' | 'agent'>, why: string): Error {
  return providerError(`${titleOf(call)}: ${why}`, { permanent: true });
}

/**
 * Finds a program: a name with a slash is a path from the working directory, another name is looked
 * up in PATH.
 */
async function findProgram(program: string, cwd: string, path: string): Promise<string | undefined> {
  const places = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(delimiter).map((directory) => join(resolve(cwd, directory), program));
  for (const place of places) if (await isExecutable(place)) return place;
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return (
    (await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )) && !(await isDirectory(path))
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}
