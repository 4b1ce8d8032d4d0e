/** `drover adapt`: serves an agent that knows nothing of Drover. Workers start it for `adapter` in a fleet file. */
import { type Command, Option } from 'commander';
import { resolve } from 'node:path';
import { a2aAdapter } from '../../adapters/a2a';
import { acpAdapter } from '../../adapters/acp';
import { commandAdapter } from '../../adapters/command';
import { ChildEnvironment } from '../../adapters/environment';
import { type AdapterPlace, serveAdapter } from '../../adapters/serve';
import { Sessions } from '../../adapters/sessions';
import type { Environment } from '../../agent';
import { identityFrom } from '../../agent/settings';
import { environment } from '../../config';
import {
  COMMAND_FORMATS,
  type CommandFormat,
  howToInstall,
  PERMISSIONS,
  type Permissions,
  SESSION_SCOPES,
  type SessionScope,
} from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { URL_PATTERN } from '../../contract/values/patterns';
import { AGENT_ENV } from '../../contract/protocol';
import { findProgram, isDirectory, soughtProgram } from '../../lib/find-program';
import { agentRef, parseDuration, parseDurationMs } from '../lib/arguments';
import { say } from '../lib/output';

interface ServedFlags {
  readonly session: SessionScope;
  readonly gateway?: string;
  readonly agent?: string;
  readonly secretEnv?: string;
}

interface AdaptFlags extends ServedFlags {
  readonly cwd: string;
}

interface CommandFlags extends AdaptFlags {
  readonly format: CommandFormat;
  readonly timeout?: number;
}

interface AcpFlags extends AdaptFlags {
  readonly permissions: Permissions;
  readonly permissionTimeout: string;
}

interface A2aFlags extends ServedFlags {
  readonly card: string;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  const adapt = program.command('adapt');
  adapted(adapt.command('acp'), 'serve an agent that speaks the Agent Client Protocol')
    .argument('<command...>', 'after --: the program and its arguments')
    .addOption(
      new Option('--permissions <answer>', 'how its questions for permission are answered')
        .choices(PERMISSIONS)
        .default('ask'),
    )
    .option(
      '--permission-timeout <duration>',
      'after this time without an answer of the human: no',
      parseDuration,
      '10m',
    )
    .action((command: string[], flags: AcpFlags) => adaptAcp(command, flags));
  served(adapt.command('a2a'), 'serve a service that speaks the Agent2Agent protocol')
    .requiredOption('--card <url>', 'the URL of its agent card')
    .action((flags: A2aFlags) => adaptA2a(flags));
  adapted(adapt.command('command'), 'serve a command line tool, which starts once a turn')
    .argument('<command...>', 'after --: the program and its arguments')
    .addOption(new Option('--format <format>', 'what it prints').choices(COMMAND_FORMATS).default('text'))
    .option('--timeout <duration>', 'after this time it is killed, and the turn fails', parseDurationMs)
    .action((command: string[], flags: CommandFlags) => adaptCommand(command, flags));
}

function adapted(command: Command, description: string): Command {
  return served(command, description).option('--cwd <folder>', 'where it works', '.');
}

function served(command: Command, description: string): Command {
  return command
    .description(description)
    .addOption(
      new Option('--session <scope>', 'which turns continue one session').choices(SESSION_SCOPES).default('branch'),
    )
    .option('--gateway <url>', 'the gateway (default: DROVER_GATEWAY)')
    .option('--agent <fleet/agent>', 'which agent it is (default: DROVER_FLEET and DROVER_AGENT)')
    .option('--secret-env <name>', 'the variable in which it gets the secret of its subscription');
}

async function adaptAcp(command: readonly string[], flags: AcpFlags): Promise<void> {
  const place = await placeOf(command, flags);
  const permissions = { mode: flags.permissions, timeout: flags.permissionTimeout };
  const { cwd, environment: child, sessions } = place;
  await serveAdapter(await acpAdapter({ command, cwd, permissions, environment: child, sessions }), place);
  say(`drover: serves ${command.join(' ')} in ${cwd}`);
}

async function adaptCommand(run: readonly string[], flags: CommandFlags): Promise<void> {
  const place = await placeOf(run, flags);
  const { cwd, environment: child, sessions } = place;
  const { format, timeout: timeoutMs } = flags;
  const onTurn = commandAdapter({ run, format, cwd, timeoutMs, environment: child, sessions });
  await serveAdapter({ onTurn }, place);
  say(`drover: serves ${run.join(' ')} in ${cwd}`);
}

async function adaptA2a({ card, ...flags }: A2aFlags): Promise<void> {
  if (!URL_PATTERN.test(card))
    throw new DroverError(
      'InvalidRequest',
      `invalid --card ${JSON.stringify(card)}: use an http or https URL without credentials`,
    );
  const place = serving(flags);
  const { environment: child, sessions } = place;
  const secret = () => (flags.secretEnv === undefined ? undefined : child.current[flags.secretEnv]);
  await serveAdapter(await a2aAdapter({ card, secret, sessions }), place);
  say(`drover: serves the agent of ${card}`);
}

/** Where the program runs, with what. Refuses one that is not installed. */
async function placeOf(
  command: readonly string[],
  flags: AdaptFlags,
): Promise<AdapterPlace & { readonly cwd: string }> {
  const cwd = resolve(flags.cwd);
  const place = serving(flags);
  await mustBeInstalled(command[0] ?? '', cwd, place.own);
  return { cwd, ...place };
}

function serving(flags: ServedFlags): AdapterPlace {
  const own = ownEnvironment(flags);
  // Before its program starts, which would keep this process from ending.
  identityFrom(own);
  const sessions = new Sessions(flags.session, own[AGENT_ENV.session] ?? null);
  return { own, environment: new ChildEnvironment(own, flags.secretEnv), sessions };
}

/** The variables of this process, with what the command line says instead. */
function ownEnvironment({ gateway, agent }: ServedFlags): Environment {
  const named = agent === undefined ? undefined : agentRef(agent);
  return {
    ...environment(),
    ...(gateway === undefined ? {} : { [AGENT_ENV.gateway]: gateway }),
    ...(named === undefined ? {} : { [AGENT_ENV.fleet]: named.fleet, [AGENT_ENV.agent]: named.agent }),
  };
}

/** Refuses at the start what no turn could run. */
async function mustBeInstalled(program: string, cwd: string, own: Environment): Promise<void> {
  if (!(await isDirectory(cwd))) throw new DroverError('InvalidRequest', `its working directory ${cwd} does not exist`);
  if ((await findProgram(program, cwd, own['PATH'] ?? '')) !== undefined) return;
  const problem = `command ${JSON.stringify(program)} cannot be run: ${soughtProgram(program, cwd)}`;
  throw new DroverError('InvalidRequest', `${problem}; ${howToInstall(program)}`);
}
