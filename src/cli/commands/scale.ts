/** `drover scale FLEET/AGENT N`: another number of replicas, as a change of the fleet. */
import type { Command } from 'commander';
import { agentRef, parseDurationMs, parseWhole, requestIdOption, commandOf } from '../lib/arguments';
import { followChange, planLines } from '../lib/changes';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, withOutput } from '../lib/output';

interface ScaleFlags extends ConnectionFlags {
  readonly output: Format;
  readonly dryRun?: boolean;
  readonly wait: boolean;
  readonly expectRevision?: number;
  readonly requestId?: string;
  readonly timeout?: number;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(withConnection(program.command('scale').argument('<fleet/agent>').argument('<replicas>', '', parseWhole)))
    .option('--dry-run', 'only show what would be done')
    .option('--no-wait', 'do not follow the change')
    .option('--expect-revision <n>', 'refuse when the fleet is at another revision', parseWhole)
    .addOption(requestIdOption())
    .option('--timeout <duration>', 'how long to follow the change', parseDurationMs)
    .action((name: string, replicas: number, flags: ScaleFlags) => scale(name, replicas, flags));
}

async function scale(name: string, replicas: number, flags: ScaleFlags): Promise<void> {
  const { fleet, agent } = agentRef(name);
  const { expectRevision, dryRun, wait, timeout } = flags;
  const request = {
    agent,
    replicas,
    ...(expectRevision === undefined ? {} : { expectRevision }),
    ...(dryRun ? { dryRun } : {}),
    ...commandOf(flags),
  };
  await withClient(flags, async (client) => {
    const planned = await client.fleets.scale(fleet, request);
    const isFollowed = wait && planned.changeId !== null;
    const limit = timeout === undefined ? {} : { timeoutMs: timeout };
    const change = isFollowed ? await followChange(client, fleet, planned, limit) : null;
    const lines = planLines(fleet, planned);
    await print(flags.output, {
      data: change ?? planned,
      names: planned.changes.map((planned) => `${fleet}/${planned.agent}`),
      text: () =>
        [
          ...(lines.length === 0 ? [`${fleet}/${agent} has ${String(replicas)} replicas; nothing to do`] : lines),
          ...(change ? [`fleet ${fleet} is at revision ${String(change.revision)}`] : []),
        ].join('\n'),
    });
  });
}
