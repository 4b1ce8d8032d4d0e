/** `drover logs NAME`: what an agent of this directory has printed. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { agentLogs } from '../../logs';
import { agentRef, parseWhole } from '../lib/arguments';
import { ShownBytes } from '../text/control-characters';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { loadSettings, stopRequested } from '../lib/serve';

interface LogsFlags extends ConnectionFlags {
  readonly follow?: boolean;
  readonly tail?: number;
}

export function register(program: Command): void {
  withConnection(program.command('logs').argument('<fleet/agent>'))
    .option('-f, --follow', 'go on with what comes')
    .option('--tail <lines>', 'only the last so many lines', parseWhole)
    .action((name: string, flags: LogsFlags) => logs(name, flags));
}

async function logs(name: string, flags: LogsFlags): Promise<void> {
  const { settings } = await loadSettings();
  const view = await withClient(flags, ({ agents }) => agents.describe(agentRef(name)));
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

/** Resolves when there is room for more: a log may be larger than the reader of a pipe is fast. */
async function written(piece: string | Uint8Array): Promise<void> {
  if (piece.length > 0 && !process.stdout.write(piece)) await once(process.stdout, 'drain');
}
