/** `drover logs NAME`: prints the log of an agent of this installation. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentView } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { agentLogs } from '../../logs';
import { agentRef, parseWhole } from '../lib/arguments';
import { ShownBytes } from '../text/control-characters';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { readSettings, stopRequested } from '../lib/serve';

interface LogsFlags extends ConnectionFlags {
  readonly follow?: boolean;
  readonly tail?: number;
}

export function register(program: Command): void {
  withConnection(program.command('logs').argument('<fleet/agent>'))
    .option('-f, --follow', 'keep printing new output')
    .option('--tail <lines>', 'only this many of the last lines', parseWhole)
    .action((name: string, flags: LogsFlags) => logs(name, flags));
}

async function logs(name: string, flags: LogsFlags): Promise<void> {
  const settings = await readSettings();
  const view = await withClient(flags, ({ agents }) => agents.describe(agentRef(name)));
  if (settings === undefined) throw new DroverError('InvalidRequest', whereItIs(view));
  const { follow = false, tail } = flags;
  const shownBytes = new ShownBytes();
  const ended = new AbortController();
  if (follow) void stopRequested().asked.then(() => ended.abort());
  for await (const piece of agentLogs(view, settings, {
    follow,
    signal: ended.signal,
    ...(tail === undefined ? {} : { tail }),
  })) {
    await written(process.stdout.isTTY ? shownBytes.piece(piece) : piece);
  }
  await written(shownBytes.end());
}

/** This folder belongs to no installation, so it has no logs. */
function whereItIs({ fleet, name, provider, host }: AgentView): string {
  const at = provider === 'process' && host !== undefined ? ` on host ${host}` : '';
  return `${resolve('.')} belongs to no drover up or worker: run drover logs ${fleet}/${name} in the directory of the worker that runs it${at}, or set DROVER_STATE_DIR`;
}

/** Writes a piece and waits for room: a large log must not fill the memory when a pipe is slow. */
async function written(piece: string | Uint8Array): Promise<void> {
  if (piece.length > 0 && !process.stdout.write(piece)) await once(process.stdout, 'drain');
}
