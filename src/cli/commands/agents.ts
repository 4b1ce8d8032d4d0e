/** Commands for agents: `drover pause|resume|stop|start|restart|terminate|hold|release`. */
import { isActive, isPaused, isUp } from '../../rules/agent/lifecycle';
import { type Command, Option } from 'commander';
import type { AgentRef, DroverClient } from '../../client';
import type { AgentCommand, AgentCommandOptions, AgentView, CommandResult, PauseMode } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { FLEET_HOLD } from '../../contract/names';
import { messageOf } from '../../contract/text';
import { inParallel } from '../../lib/in-parallel';
import { agentRef, plainName, durationOption, parseDuration, requestIdOption, commandOf } from '../lib/arguments';
import { confirm } from '../lib/confirm';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { colors, type Format, print, say, withOutput } from '../lib/output';
import { ofOneAgent, replicasInPlaceOf } from '../../client/agents/replicas';
import { painted } from '../text/paint';

interface CommandFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly wait: boolean;
  readonly timeout: number;
  readonly requestId?: string;
  readonly yes?: boolean;
  readonly hold?: string;
  readonly reason?: string;
  readonly mode?: PauseMode;
  readonly drainTimeout?: string;
  readonly cancelPending?: boolean;
  readonly grace?: string;
}

/** Longer than the default drain timeout (10 min) and the kill after it. */
const WAIT = '15m';

/** Adds the command to the program. */
export function register(program: Command): void {
  const hold = (text: string) => new Option('--hold <hold>', text);
  const mode = new Option('--mode <mode>', 'let turns in flight finish, or not').choices(['drain', 'freeze']);

  ofAgentOrFleet(program, 'pause')
    .addOption(hold('name of the hold (default: operator)'))
    .option('--reason <text>', 'why, for others to read')
    .addOption(mode)
    .option('--drain-timeout <duration>', 'how long turns in flight may take', parseDuration)
    .action(action('pause', ({ hold, reason, mode, drainTimeout }) => given({ hold, reason, mode, drainTimeout })));
  ofAgentOrFleet(program, 'resume')
    .addOption(hold('name of the hold (default: operator)'))
    .option('--cancel-pending', 'also withdraw a pause that is still draining')
    .action(action('resume', ({ hold, cancelPending }) => given({ hold, cancelPending })));
  ofAgentOrFleet(program, 'stop')
    .option('--grace <duration>', 'how long it may take before it is killed', parseDuration)
    .action(action('stop', ({ grace }) => given({ grace })));
  ofAgentOrFleet(program, 'start').action(action('start', () => ({})));
  ofAgentOrFleet(program, 'restart')
    .option('--reason <text>', 'why, for others to read')
    .addOption(mode)
    .action(action('restart', ({ reason, mode }) => given({ reason, mode })));
  ofAgent(program, 'terminate')
    .option('--yes', 'do not ask')
    .action(async (name: string, flags: CommandFlags) => {
      const ref = agentRef(name);
      await confirm(flags, `Terminate ${ref.fleet}/${ref.agent} for good, with its resource?`);
      await action('terminate', () => ({}))(name, flags);
    });
  ofAgent(program, 'hold')
    .addOption(hold('name of the hold').makeOptionMandatory())
    .option('--reason <text>', 'why, for others to read')
    .action(action('hold', ({ hold = '', reason }) => ({ hold, ...given({ reason }) })));
  ofAgent(program, 'release')
    .addOption(hold('name of the hold').makeOptionMandatory())
    .action(action('release', ({ hold = '' }) => ({ hold })));
}

function ofAgent(program: Command, name: AgentCommand, argument = '<fleet/agent>'): Command {
  return withOutput(withConnection(program.command(name).argument(argument)))
    .addOption(requestIdOption())
    .option('--no-wait', 'do not wait for the effect')
    .addOption(durationOption('--timeout <duration>', 'how long to wait', WAIT));
}

function ofAgentOrFleet(program: Command, name: AgentCommand): Command {
  return ofAgent(program, name, '[fleet/agent]').option('--fleet <fleet>', 'every agent of this fleet', plainName);
}

function action<C extends AgentCommand>(command: C, optionsOf: (flags: CommandFlags) => AgentCommandOptions[C]) {
  return (name: string | undefined, flags: CommandFlags): Promise<void> => {
    const options = { ...optionsOf(flags), ...commandOf(flags) };
    return withClient(flags, (client) => dispatch(client, command, name, options, flags));
  };
}

async function dispatch<C extends AgentCommand>(
  client: DroverClient,
  command: C,
  name: string | undefined,
  options: AgentCommandOptions[C],
  flags: CommandFlags,
): Promise<void> {
  const { fleet, wait, timeout: timeoutMs, output } = flags;
  if ((name === undefined) === (fleet === undefined)) {
    throw new DroverError('InvalidRequest', `${command} needs either an agent (fleet/agent) or --fleet`);
  }
  const request = wait ? options : { ...options, wait };
  const send = (ref: AgentRef) => client.agents.command(ref, command, request, { wait, timeoutMs });
  if (name !== undefined) return commandNamed(client, command, agentRef(name), send, output);
  if (fleet === undefined) return;
  if (command === 'pause' || command === 'resume') return commandFleet(client, command, fleet, flags);
  const { agents } = await client.fleets.describe(fleet);
  const { done, failed } = await ofEach(Object.keys(agents), (agent) => send({ fleet, agent }));
  await printResults(output, command, done);
  throwFirst(failed);
}

/** Commands the agent of a name, or each replica of the service of that name. */
async function commandNamed(
  client: DroverClient,
  command: AgentCommand,
  ref: AgentRef,
  send: (ref: AgentRef) => Promise<CommandResult>,
  output: Format,
): Promise<void> {
  // The fleet's file has all replicas, so a service is not terminated, but scaled.
  if (command === 'terminate') return printResults(output, command, [await ofOneAgent(client, ref, send)]);
  const { fleet } = ref;
  const result = await send(ref).catch(async (error: unknown) => replicasInPlaceOf(client, ref, error));
  if (!Array.isArray(result)) return printResults(output, command, [result]);
  const { done, failed } = await ofEach(
    result.map(({ agent }) => agent),
    (agent) => send({ fleet, agent }),
  );
  await printResults(output, command, done);
  throwFirst(failed);
}

/** True when the fleet's hold, or its release, has reached the agent's runtime. */
const HELD_OR_RELEASED: Readonly<Record<'pause' | 'resume', (agent: AgentView) => boolean>> = {
  pause: (agent) => hasFleetHold(agent) && (!isPaused(agent) || !isUp(agent)),
  resume: (agent) => !hasFleetHold(agent) && (!isActive(agent) || isUp(agent)),
};

function hasFleetHold({ holds }: Pick<AgentView, 'holds'>): boolean {
  return holds.some(({ name }) => name === FLEET_HOLD);
}

/**
 * Flags for single agents only. A fleet's hold has a fixed name, and agents that are added later do
 * not see this call.
 */
const OF_ONE_AGENT = {
  hold: '--hold',
  mode: '--mode',
  drainTimeout: '--drain-timeout',
  cancelPending: '--cancel-pending',
} as const satisfies Partial<Record<keyof CommandFlags, string>>;

function refuseAgentFlags(command: 'pause' | 'resume', flags: CommandFlags): void {
  const keys = Object.keys(OF_ONE_AGENT) as (keyof typeof OF_ONE_AGENT)[];
  const wrong = keys.filter((key) => flags[key] !== undefined).map((key) => OF_ONE_AGENT[key]);
  if (wrong.length === 0) return;
  throw new DroverError(
    'InvalidRequest',
    `${wrong.join(', ')} cannot be used with ${command} --fleet: a fleet's pause always drains, with the hold "${FLEET_HOLD}"; ` +
      `leave it out, or ${command} single agents (fleet/agent)`,
  );
}

/**
 * A fleet's pause also holds agents that are added while it lasts. Its release leaves other holds
 * in place.
 */
async function commandFleet(
  client: DroverClient,
  command: 'pause' | 'resume',
  fleet: string,
  flags: CommandFlags,
): Promise<void> {
  refuseAgentFlags(command, flags);
  const { reason, timeout: timeoutMs, wait } = flags;
  const request = {
    ...commandOf(flags),
    ...(command === 'pause' ? given({ reason }) : {}),
    ...(wait ? {} : { wait }),
  };
  const view = await client.fleets[command](fleet, request, { timeoutMs });
  const goal = `the ${command} of its fleet`;
  const agents = wait ? Object.keys(view.agents) : [];
  const { failed } = await ofEach(agents, (agent) =>
    client.agents.waitFor({ fleet, agent }, HELD_OR_RELEASED[command], { timeoutMs, goal }),
  );
  await print(flags.output, {
    data: view,
    names: [fleet],
    text: () => `fleet ${fleet} is ${hasFleetHold(view) ? 'held' : 'released'}`,
  });
  throwFirst(failed);
}

/** Agents of a fleet that are commanded, or waited for, at a time. */
const AT_ONCE = 50;

/** Calls `work` for every agent; one failure does not stop the others. */
async function ofEach<T>(agents: readonly string[], work: (agent: string) => Promise<T>) {
  const outcomes = await inParallel(agents, AT_ONCE, (agent) =>
    work(agent).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    ),
  );
  return {
    done: outcomes.flatMap((outcome) => ('answer' in outcome ? [outcome.answer] : [])),
    failed: outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : [])),
  };
}

/** Prints all failures but the first, and throws the first. */
function throwFirst(failed: readonly unknown[]): void {
  const [first, ...others] = failed;
  for (const error of others) say(`drover: ${messageOf(error)}`);
  if (failed.length > 0) throw first;
}

/** Prints one result as an object, several as a list. */
async function printResults(format: Format, command: AgentCommand, results: readonly CommandResult[]): Promise<void> {
  await print(format, {
    data: results.length === 1 ? results[0] : results,
    names: results.map(({ agent }) => `${agent.fleet}/${agent.name}`),
    text: () => results.map((result) => resultText(command, result)).join('\n'),
  });
}

function resultText(command: AgentCommand, { agent, changed, state }: CommandResult): string {
  const reached =
    state === 'done' ? painted(colors())(agent.status) : `${state} (${String(agent.turns.inFlight)} turns in flight)`;
  return `${agent.fleet}/${agent.name} is ${reached}${changed ? '' : ` (${command} changed nothing)`}`;
}

/** Drops undefined options: an absent option is not the same as an undefined one. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
