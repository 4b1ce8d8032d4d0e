/** `drover wait agent NAME --for liveness=ready`. */
import type { Command } from 'commander';
import { AGENT_STATUSES, type AgentView, LIVENESSES, RUNTIMES } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { agentRef, durationOption } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
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

export function register(program: Command): void {
  withOutput(withConnection(program.command('wait').command('agent').argument('<fleet/agent>')))
    .requiredOption('--for <what=value>', `one of ${WAITED_FOR.join(', ')}, for example liveness=ready`)
    .addOption(durationOption('--timeout <duration>', 'how long to wait', TIMEOUT))
    .action(async (name: string, flags: WaitFlags) => {
      const { what, value } = condition(flags.for);
      const view = await withClient(flags, ({ agents }) =>
        agents.waitFor(agentRef(name), (agent) => agent[what] === value, { timeoutMs: flags.timeout, goal: flags.for }),
      );
      await print(flags.output, { data: view, names: [name], text: () => `${name} is ${value}` });
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
