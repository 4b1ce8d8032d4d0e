/** `drover describe agent|fleet|run|pool NAME [--watch]`: asks the object's own workflow. */
import { isTerminated } from '../../rules/agent/lifecycle';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { DroverClient } from '../../client';
import type { AgentView } from '../../contract/agent';
import type { FleetDescription } from '../../contract/fleet';
import type { PoolView } from '../../contract/pool';
import type { RunView } from '../../contract/run';
import { agentText } from '../text/agent';
import { agentRef, plainName, runRef } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { fleetText } from '../text/fleet';
import { type Format, print, type Printable, withOutput } from '../lib/output';
import { poolText } from '../text/pool';
import { runPrintable } from '../text/run-output';
import { Screen } from '../lib/screen';

interface DescribeFlags extends ConnectionFlags {
  readonly output: Format;
  readonly watch?: boolean;
}

/** One kind of object: how to read and show it, and when a watch ends. */
interface Kind<T> {
  readonly read: (client: DroverClient, name: string) => Promise<T>;
  readonly show: (view: T) => Printable;
  readonly isOver: (view: T) => boolean;
}

const AGENT: Kind<AgentView> = {
  read: ({ agents }, name) => agents.describe(agentRef(name)),
  show: (view) => ({ data: view, names: [`${view.fleet}/${view.name}`], text: () => agentText(view) }),
  isOver: isTerminated,
};

const FLEET: Kind<FleetDescription> = {
  read: ({ fleets }, name) => fleets.describe(plainName(name)),
  show: (view) => ({ data: view, names: [view.fleet], text: () => fleetText(view) }),
  isOver: () => false,
};

const RUN: Kind<RunView> = {
  read: ({ runs }, name) => runs.describe(runRef(name)),
  show: runPrintable,
  isOver: ({ result }) => result !== null,
};

const POOL: Kind<PoolView> = {
  read: ({ pools }, name) => pools.describe(plainName(name)),
  show: (view) => ({ data: view, names: [view.pool], text: () => poolText(view) }),
  isOver: () => false,
};

/** How often a watch reads its object. */
const LOOK_EVERY_MS = 500;

export function register(program: Command): void {
  const describe = program.command('describe');
  const one = <T>(name: string, argument: string, kind: Kind<T>) =>
    withOutput(withConnection(describe.command(name).argument(argument)))
      .option('--watch', 'show every change; under -o json one line for each')
      .action((object: string, flags: DescribeFlags) =>
        withClient(flags, (client) => (flags.watch ? watch : show)(client, object, kind, flags.output)),
      );
  one('agent', '<fleet/agent>', AGENT);
  one('fleet', '<fleet>', FLEET);
  one('run', '<fleet/run>', RUN);
  one('pool', '<pool>', POOL);
}

async function show<T>(client: DroverClient, name: string, kind: Kind<T>, format: Format): Promise<void> {
  await print(format, kind.show(await kind.read(client, name)));
}

async function watch<T>(client: DroverClient, name: string, kind: Kind<T>, format: Format): Promise<void> {
  const screen = new Screen(format, kind.show);
  for (;;) {
    const view = await kind.read(client, name);
    await screen.show(view);
    if (kind.isOver(view)) return;
    await sleep(LOOK_EVERY_MS);
  }
}
