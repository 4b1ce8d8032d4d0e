/**
 * Prepares the start of a process agent: an existing program, an existing directory, and an
 * environment.
 */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import type { WakeCall } from '../../contract/activities';
import type { AgentSpec, ProcessSpec } from '../../contract/agent';
import { isReference, literalText } from '../../contract/agent/references';
import { type AgentAccess, instanceVariables, variableFindings } from '../environment';
import { type Finding, providerError, titleOf } from '../provider';

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
  const problem = specProblem(call.spec);
  const { process: spec } = call.spec;
  if (problem !== null || spec === undefined) throw refused(call, problem ?? NO_COMMAND);
  return spec;
}

const NO_COMMAND = 'its specification names no process.command';

function specProblem({ process: spec }: AgentSpec): string | null {
  if (!spec?.command[0]) return NO_COMMAND;
  const wrong = Object.keys(spec.env ?? {}).find((name) => !VARIABLE.test(name));
  if (wrong === undefined) return null;
  return `process.env: invalid name ${JSON.stringify(wrong)}: use letters, digits and "_", not starting with a digit`;
}

/** Prepares a start before anything runs. `ProviderError` names a missing program or directory. */
export async function prepareLaunch(call: WakeCall, host: HostEnvironment, agents: AgentAccess): Promise<Launch> {
  const spec = processSpecOf(call);
  const inherited = INHERITED.flatMap((name) => (host[name] === undefined ? [] : [[name, host[name]] as const]));
  const added = await instanceVariables(call, agents, host);
  const env = { ...Object.fromEntries(inherited), ...added };
  const cwd = resolve(spec.cwd ?? '.');
  if (!(await isDirectory(cwd))) throw refused(call, noDirectory(cwd));
  const [program = '', ...rest] = spec.command;
  const file = await findProgram(program, cwd, env['PATH'] ?? '');
  if (file === undefined) {
    throw refused(call, noProgram(program, cwd));
  }
  return { command: [file, ...rest], cwd, env };
}

/** What is missing here for a start, each with what to do. The variables are resolved as a start resolves them. */
export async function launchFindings(
  call: Pick<WakeCall, 'fleet' | 'agent' | 'spec'>,
  host: HostEnvironment,
): Promise<Finding[]> {
  const unreadable = specProblem(call.spec);
  if (unreadable !== null) return [{ field: 'process', why: unreadable }];
  const { command = [''], cwd: folder = '.', env = {} } = call.spec.process ?? {};
  const variables = await variableFindings(call.spec, host);
  const cwd = resolve(folder);
  if (!(await isDirectory(cwd)))
    return [...variables, { field: 'process.cwd', why: `${noDirectory(cwd)}; create it, or correct process.cwd` }];
  const path = literalText(env['PATH'] ?? host['PATH'] ?? '');
  // A PATH that is a reference is known at the start only.
  const isKnown = !isReference(env['PATH'] ?? '');
  const [program = ''] = command;
  if (!isKnown || (await findProgram(program, cwd, path)) !== undefined) return variables;
  const why = `${noProgram(program, cwd)}; install it there, or correct process.command`;
  return [...variables, { field: 'process.command', why }];
}

function noDirectory(cwd: string): string {
  return `its working directory ${cwd} does not exist`;
}

function noProgram(program: string, cwd: string): string {
  const where = program.includes('/') ? `no executable file ${resolve(cwd, program)}` : `no directory of PATH has it`;
  return `command ${JSON.stringify(program)} cannot be run: ${where}`;
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
