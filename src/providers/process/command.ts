/**
 * Prepares the start of a process agent: an existing program, an existing directory, and an
 * environment.
 */
import { join, resolve } from 'node:path';
import type { WakeCall } from '../../contract/activities';
import {
  adapterArguments,
  adapterFolder,
  adapterProgram,
  type AgentSpec,
  howToInstall,
  type ProcessSpec,
} from '../../contract/agent';
import { isReference, literalText } from '../../contract/agent/references';
import { findProgram, isDirectory, soughtProgram } from '../../lib/find-program';
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

/** A process to start: `ProcessSpec` with a command line. */
type Startable = ProcessSpec & { readonly command: readonly string[] };

/** The `drover` command of this package, from src/ and from dist/. */
const DROVER = join(__dirname, '../../../bin/drover.js');

/** The process of a call's specification; that of an adapter is `drover adapt`. */
export function processSpecOf(call: Pick<WakeCall, 'spec' | 'fleet' | 'agent'>): Startable {
  const startable = startableOf(call.spec);
  if (typeof startable === 'string') throw refused(call, startable);
  return startable;
}

/** The process to start, or the problem of the specification. */
function startableOf({ process: own = {}, adapter, subscription }: AgentSpec): Startable | string {
  const secretEnv = subscription?.inject?.env;
  const options = secretEnv === undefined ? {} : { secretEnv };
  const command = adapter ? [process.execPath, DROVER, 'adapt', ...adapterArguments(adapter, options)] : own.command;
  if (!command?.[0]) return 'its specification names no process.command';
  const wrong = Object.keys(own.env ?? {}).find((name) => !VARIABLE.test(name));
  if (wrong !== undefined)
    return `process.env: invalid name ${JSON.stringify(wrong)}: use letters, digits and "_", not starting with a digit`;
  const cwd = adapter ? adapterFolder(adapter) : own.cwd;
  return { ...own, command, ...(cwd === undefined ? {} : { cwd }) };
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
  const path = env['PATH'] ?? '';
  const file = await findProgram(program, cwd, path);
  if (file === undefined) throw refused(call, noProgram(program, cwd));
  const [adapted] = adaptedProgram(call.spec);
  if (adapted !== undefined && (await findProgram(adapted, cwd, path)) === undefined)
    throw refused(call, `${noProgram(adapted, cwd)}; ${howToInstall(adapted)}`);
  return { command: [file, ...rest], cwd, env };
}

/** The parts of a start that are missing here, each with its remedy. The variables are resolved as a start resolves them. */
export async function launchFindings(
  call: Pick<WakeCall, 'fleet' | 'agent' | 'spec'>,
  host: HostEnvironment,
): Promise<Finding[]> {
  const startable = startableOf(call.spec);
  if (typeof startable === 'string') return [{ field: 'process', why: startable }];
  const { command, cwd: folder = '.', env = {} } = startable;
  const fields = fieldsOf(call.spec);
  const variables = await variableFindings(call.spec, host);
  const cwd = resolve(folder);
  if (!(await isDirectory(cwd)))
    return [...variables, { field: fields.cwd, why: `${noDirectory(cwd)}; create it, or correct ${fields.cwd}` }];
  const path = literalText(env['PATH'] ?? host['PATH'] ?? '');
  // A PATH that is a reference is known at the start only.
  const isKnown = !isReference(env['PATH'] ?? '');
  const [adapted] = adaptedProgram(call.spec);
  const [program = ''] = adapted === undefined ? command : [adapted];
  if (!isKnown || (await findProgram(program, cwd, path)) !== undefined) return variables;
  const install = adapted === undefined ? 'install it there' : howToInstall(adapted);
  const why = `${noProgram(program, cwd)}; ${install}, or correct ${fields.command}`;
  return [...variables, { field: fields.command, why }];
}

/** The program behind an adapter, with its arguments; empty without an adapter. */
function adaptedProgram({ adapter }: AgentSpec): readonly string[] {
  return (adapter && adapterProgram(adapter)) ?? [];
}

/** Where the file names the folder and the program. */
function fieldsOf({ adapter }: AgentSpec): { readonly cwd: string; readonly command: string } {
  if (adapter?.acp) return { cwd: 'adapter.acp.cwd', command: 'adapter.acp.command' };
  if (adapter?.command) return { cwd: 'adapter.command.cwd', command: 'adapter.command.run' };
  return { cwd: 'process.cwd', command: 'process.command' };
}

function noDirectory(cwd: string): string {
  return `its working directory ${cwd} does not exist`;
}

function noProgram(program: string, cwd: string): string {
  return `command ${JSON.stringify(program)} cannot be run: ${soughtProgram(program, cwd)}`;
}

function refused(call: Pick<WakeCall, 'fleet' | 'agent'>, why: string): Error {
  return providerError(`${titleOf(call)}: ${why}`, { permanent: true });
}
