/** `drover describe [agent|fleet|run|pool] NAME [--watch]`: asks the object's own workflow. */
import { isTerminated } from '../../rules/agent/lifecycle';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { DroverClient, RunRef } from '../../client';
import type { AgentView } from '../../contract/agent';
import type { FleetDescription } from '../../contract/fleet';
import type { PoolView } from '../../contract/pool';
import type { RunView } from '../../contract/run';
import type { RunTurns } from '../../contract/run/turn-record';
import { runTurnsSchema } from '../../contract/schemas/views';
import { DroverError } from '../../contract/errors';
import { agentText } from '../text/agent';
import { agentRef, parseCount, plainName, runRef } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { fleetText } from '../text/fleet';
import { type Format, print, type Printable, withOutput } from '../lib/output';
import { poolText } from '../text/pool';
import { runPrintable } from '../text/run-output';
import { askGateway } from '../lib/gateway';
import { ofOneAgent } from '../../client/agents/replicas';
import { Screen } from '../lib/screen';
import { readSettings } from '../lib/serve';
import { turnsText } from '../text/turns';
import { withProgress } from '../lib/turn-progress';

interface DescribeFlags extends ConnectionFlags {
  readonly output: Format;
  readonly watch?: boolean;
  readonly follow?: boolean;
  readonly limit?: number;
  readonly turns?: boolean;
}

/** One kind of object: how to read and show it, and when a watch ends. */
interface Kind<T> {
  readonly read: (client: DroverClient, name: string, flags: DescribeFlags) => Promise<T>;
  readonly show: (view: T) => Printable;
  readonly isOver: (view: T) => boolean;
}

const AGENT: Kind<AgentView> = {
  read: async (client, name, { limit }) =>
    newest(await ofOneAgent(client, agentRef(name), (ref) => client.agents.describe(ref)), limit),
  show: (view) => ({ data: view, names: [`${view.fleet}/${view.name}`], text: () => agentText(view) }),
  isOver: isTerminated,
};

/** The agent with its newest decisions only. */
function newest(agent: AgentView, limit: number | undefined): AgentView {
  return limit === undefined || agent.decisions === undefined
    ? agent
    : { ...agent, decisions: agent.decisions.slice(-limit) };
}

const FLEET: Kind<FleetDescription> = {
  read: ({ fleets }, name) => fleets.describe(plainName(name)),
  show: (view) => ({ data: view, names: [view.fleet], text: () => fleetText(view) }),
  isOver: () => false,
};

const RUN: Kind<RunView> = {
  read: async ({ runs }, name, { follow }) => {
    const view = await runs.describe(runRef(name));
    return follow === true ? withProgress(view) : view;
  },
  show: runPrintable,
  isOver: ({ result }) => result !== null,
};

/** A run with its turns that are over. */
interface RunWithTurns {
  readonly run: RunView;
  readonly turns: RunTurns;
}

const RUN_WITH_TURNS: Kind<RunWithTurns> = {
  read: async (client, name, flags) => ({
    run: await RUN.read(client, name, flags),
    turns: await turnsOfRun(client, runRef(name)),
  }),
  show: ({ run, turns }) => {
    const shown = runPrintable(run);
    return { ...shown, data: { ...run, turnRecords: turns }, text: () => `${shown.text()}\n\n${turnsText(turns)}` };
  },
  isOver: ({ run }) => RUN.isOver(run),
};

/** With the installation's secret, the workers are asked; elsewhere its gateway is. */
async function turnsOfRun({ runs }: DroverClient, ref: RunRef): Promise<RunTurns> {
  const settings = await readSettings();
  if (settings !== undefined) return runs.turns(ref, settings.agentSecret);
  return runTurnsSchema.parse(await askGateway(`/v1/runs/${ref.fleet}/${ref.run}/turns`));
}

const POOL: Kind<PoolView> = {
  read: ({ pools }, name) => pools.describe(plainName(name)),
  show: (view) => ({ data: view, names: [view.pool], text: () => poolText(view) }),
  isOver: () => false,
};

const FOLLOW = 'as --watch, with what agents say of their turns while they work; of a run';

function isWatch({ watch: isWatched, follow }: DescribeFlags): boolean {
  return isWatched === true || follow === true;
}

/** How often a watch reads its object. */
const LOOK_EVERY_MS = 500;

/** Adds the command to the program. */
export function register(program: Command): void {
  const describe = program.command('describe');
  const one = <T>(name: string, argument: string, summary: string, kind: Kind<T>) =>
    withOutput(withConnection(describe.command(name).description(summary).argument(argument)))
      .option('--watch', 'show every change; under -o json one line for each')
      .action((object: string, flags: DescribeFlags) =>
        withClient(flags, (client) => (isWatch(flags) ? watch : show)(client, object, kind, flags)),
      );
  one('agent', '<fleet/agent>', 'its state, why it does not work, its turns and last decisions', AGENT)
    .alias('agents')
    .option('--limit <count>', 'the newest decisions only, at most this many', parseCount);
  one('fleet', '<fleet>', 'its agents, its topology and its last change', FLEET).alias('fleets');
  withOutput(
    withConnection(
      describe.command('run').description('its branches, what each waits for, and its turns').argument('<fleet/run>'),
    ),
  )
    .alias('runs')
    .option('--watch', 'show every change; under -o json one line for each')
    .option('--follow', FOLLOW)
    .option('--turns', 'with input, reply, time and usage of each turn that is over')
    .action((object: string, flags: DescribeFlags) =>
      withClient(flags, (client) => {
        const as = <T>(kind: Kind<T>) => (isWatch(flags) ? watch : show)(client, object, kind, flags);
        return flags.turns === true ? as(RUN_WITH_TURNS) : as(RUN);
      }),
    );
  one('pool', '<pool>', 'its credentials, their agents and failures', POOL).alias('pools');
  withOutput(
    withConnection(
      describe
        .command('name', { isDefault: true, hidden: true })
        .description('the agent, run, fleet or pool of this name')
        .argument('<name>'),
    ),
  )
    .option('--watch', 'show every change; under -o json one line for each')
    .option('--follow', FOLLOW)
    .option('--limit <count>', 'the newest decisions only, at most this many', parseCount)
    .action((object: string, flags: DescribeFlags) =>
      withClient(flags, (client) => describeAny(client, object, flags)),
    );
}

/** Finds the kind by the name: `a/b` is an agent, else a run; `a` is a fleet, else a pool. */
async function describeAny(client: DroverClient, name: string, flags: DescribeFlags): Promise<void> {
  const describeAs = <T>(kind: Kind<T>) => (isWatch(flags) ? watch : show)(client, name, kind, flags);
  const isPair = name.includes('/');
  try {
    await (isPair ? describeAs(AGENT) : describeAs(FLEET));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    try {
      await (isPair ? describeAs(RUN) : describeAs(POOL));
    } catch (other) {
      if (!isNotFound(other)) throw other;
      // The name of a service: the error names its replicas.
      if (error.details?.['replicas'] !== undefined) throw error;
      const [one, two] = isPair ? ['agent', 'run'] : ['fleet', 'pool'];
      const message = `neither ${one === 'agent' ? 'an' : 'a'} ${one} nor a ${two} ${name} exists; drover get ${one}s and drover get ${two}s list all`;
      throw new DroverError(error.code, message, undefined, { cause: other });
    }
  }
}

function isNotFound(error: unknown): error is DroverError {
  return error instanceof DroverError && error.code.endsWith('NotFound');
}

async function show<T>(client: DroverClient, name: string, kind: Kind<T>, flags: DescribeFlags): Promise<void> {
  await print(flags.output, kind.show(await kind.read(client, name, flags)));
}

async function watch<T>(client: DroverClient, name: string, kind: Kind<T>, flags: DescribeFlags): Promise<void> {
  const screen = new Screen(flags.output, kind.show);
  for (;;) {
    const view = await kind.read(client, name, flags);
    await screen.show(view);
    if (kind.isOver(view)) return;
    await sleep(LOOK_EVERY_MS);
  }
}
