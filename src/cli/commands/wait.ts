/** `drover wait agent NAME --for liveness=ready`, `drover wait run NAME`, `drover wait fleet NAME`. */
import type { Command } from 'commander';
import { AGENT_STATUSES, type AgentView, LIVENESSES, RUNTIMES } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { agentRef, durationOption, parseDurationMs, plainName, runRef } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { ExitWith, FAILED } from '../lib/failure';
import { type Format, print, withOutput } from '../lib/output';

interface WaitFlags extends ConnectionFlags {
  readonly output: Format;
  readonly for: string;
  readonly timeout: number;
}

const WAITED_FOR = ['status', 'runtime', 'liveness'] as const;
const VALUES: Readonly<Record<(typeof WAITED_FOR)[number], readonly string[]>> = {
  status: AGENT_STATUSES,
  runtime: RUNTIMES,
  liveness: LIVENESSES,
};
const TIMEOUT = '30s';

/** Adds the command to the program. */
export function register(program: Command): void {
  const wait = program.command('wait');
  withOutput(
    withConnection(
      wait.command('agent').alias('agents').description('until an agent is in a state').argument('<fleet/agent>'),
    ),
  )
    .requiredOption('--for <what=value>', `one of ${WAITED_FOR.join(', ')}, for example liveness=ready`)
    .addOption(durationOption('--timeout <duration>', 'how long to wait', TIMEOUT))
    .action(async (name: string, flags: WaitFlags) => {
      const { what, value } = condition(flags.for);
      const view = await withClient(flags, ({ agents }) =>
        agents.waitFor(agentRef(name), (agent) => agent[what] === value, { timeoutMs: flags.timeout, goal: flags.for }),
      );
      await print(flags.output, { data: view, names: [name], text: () => `${name} is ${value}` });
    });
  const ended = (kind: 'run' | 'fleet', argument: string, summary: string) =>
    withOutput(withConnection(wait.command(kind).alias(`${kind}s`).description(summary).argument(argument))).option(
      '--timeout <duration>',
      'how long to wait; it goes on',
      parseDurationMs,
    );
  ended('run', '<fleet/run>', 'until a run has ended').action((name: string, flags: EndFlags) =>
    waitForRun(name, flags),
  );
  ended('fleet', '<fleet>', 'until no change of a fleet runs').action((name: string, flags: EndFlags) =>
    waitForFleet(plainName(name), flags),
  );
}

interface EndFlags extends ConnectionFlags {
  readonly output: Format;
  readonly timeout?: number;
}

/** Waits for the end of a run; exit code 1 for a run without an answer. */
async function waitForRun(name: string, { timeout: timeoutMs, ...flags }: EndFlags): Promise<void> {
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  const view = await withClient(flags, ({ runs }) => runs.follow(runRef(name), options));
  await print(flags.output, { data: view, names: [name], text: () => `run ${name} is ${view.state}` });
  if (view.result?.success !== true) throw new ExitWith(FAILED);
}

/** Waits until no change of the fleet runs; exit code 1 if the last one did not succeed. */
async function waitForFleet(fleet: string, { timeout: timeoutMs, ...flags }: EndFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const { change: present } = await client.fleets.present(fleet);
    const options = timeoutMs === undefined ? {} : { timeoutMs };
    const change = present?.state === 'running' ? await client.fleets.follow(fleet, present, options) : present;
    const state = change?.state ?? 'done';
    await print(flags.output, {
      data: change,
      names: [fleet],
      text: () => `the last change of fleet ${fleet} is ${state}`,
    });
    if (state !== 'done') throw new ExitWith(FAILED);
  });
}

function condition(text: string): {
  readonly what: (typeof WAITED_FOR)[number] & keyof AgentView;
  readonly value: string;
} {
  const [left, value] = text.split('=');
  const what = WAITED_FOR.find((known) => known === left);
  if (what && value) return { what, value: known(what, value) };
  throw new DroverError(
    'InvalidRequest',
    `--for ${text}: expected one of ${WAITED_FOR.join(', ')}, "=" and a value, for example liveness=ready`,
  );
}

/** A value that can come true: a wait for any other one would only end with its timeout. */
function known(what: keyof typeof VALUES, value: string): string {
  if (VALUES[what].includes(value)) return value;
  throw new DroverError('InvalidRequest', `--for ${what}=${value}: expected one of ${VALUES[what].join(', ')}`);
}
