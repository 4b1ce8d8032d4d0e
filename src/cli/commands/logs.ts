/**
 * `drover logs NAME`: prints the log of an agent, or of all agents of a fleet. The files of this
 * directory are read if they have it; else a gateway asks the agent's host.
 */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AgentRef, DroverClient } from '../../client';
import { allPages } from '../../client/temporal/pages';
import type { Settings } from '../../config';
import type { AgentView } from '../../contract/agent';
import type { LogLine } from '../../contract/agent/log';
import { DroverError } from '../../contract/errors';
import { wallClockMs } from '../../lib/clock';
import { agentLogPart, agentLogs, isLogHere } from '../../logs';
import { agentRef, parseDurationMs, parseWhole, plainName } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { gatewayAccess } from '../lib/gateway';
import { gatewayLines, type LinesRequest, logLines } from '../lib/log-lines';
import { colors, say } from '../lib/output';
import { replicasInPlaceOf } from '../../client/agents/replicas';
import { readSettings, stopRequested } from '../lib/serve';
import { shown, ShownBytes } from '../text/control-characters';

interface LogsFlags extends ConnectionFlags {
  readonly fleet?: string;
  readonly follow?: boolean;
  readonly tail?: number;
  readonly since?: number;
  readonly timestamps?: boolean;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  withConnection(program.command('logs').argument('[fleet/agent]'))
    .option('--fleet <fleet>', 'of all agents of this fleet, each line with its agent', plainName)
    .option('-f, --follow', 'keep printing new output')
    .option('--tail <lines>', 'only this many of the last lines of each agent', parseWhole)
    .option('--since <duration>', 'only lines of the last 10m, 2h, …; exact to 15 s', parseDurationMs)
    .option('--timestamps', 'the time of each line before it; exact to 15 s')
    .action((name: string | undefined, flags: LogsFlags) => logs(name, flags));
}

async function logs(name: string | undefined, flags: LogsFlags): Promise<void> {
  if ((name === undefined) === (flags.fleet === undefined))
    throw new DroverError('InvalidRequest', 'name one agent, fleet/agent, or a fleet with --fleet');
  const settings = await readSettings();
  const views = await withClient(flags, (client) => viewsOf(client, name, flags.fleet));
  const ended = new AbortController();
  if (flags.follow) void stopRequested().asked.then(() => ended.abort());
  const [only] = views;
  const isPlain = views.length === 1 && flags.fleet === undefined && flags.since === undefined && !flags.timestamps;
  if (isPlain && only && settings && isLogHere(only, settings)) return bytesOf(only, settings, flags, ended.signal);
  const print = printer(flags, views.length > 1 || flags.fleet !== undefined);
  const ends = await Promise.allSettled(
    views.map(async (view) => {
      try {
        for await (const lines of linesOf(view, settings, requestOf(flags, ended.signal))) await print(view, lines);
      } catch (error) {
        if (!ended.signal.aborted) throw error;
      }
    }),
  );
  const failed = ends.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
  if (views.length === 1 || failed.length === views.length) for (const reason of failed) throw reason;
  for (const reason of failed) say(`drover: ${reason instanceof Error ? reason.message : String(reason)}`);
}

/** The agents of the logs to print. An ended agent has its log for a while. */
async function viewsOf(
  client: DroverClient,
  name: string | undefined,
  fleet: string | undefined,
): Promise<AgentView[]> {
  if (name !== undefined) return viewsNamed(client, agentRef(name));
  const items = await allPages((page) => client.agents.list(fleet === undefined ? {} : { fleet }, page));
  if (items.length === 0 && fleet !== undefined) await client.fleets.describe(fleet);
  const refs = items.map((item): AgentRef => ({ fleet: item.fleet, agent: item.name }));
  const asked = await client.agents.describeAll(refs);
  return asked.map(({ view, error }) => {
    if (view === null) throw error;
    return view;
  });
}

/** The agent of a name, or the replicas of the service of that name. */
async function viewsNamed(client: DroverClient, ref: AgentRef): Promise<AgentView[]> {
  try {
    return [await client.agents.describe(ref)];
  } catch (error) {
    const replicas = await replicasInPlaceOf(client, ref, error);
    return Promise.all(replicas.map((replica) => client.agents.describe(replica)));
  }
}

function requestOf({ follow = false, tail, since }: LogsFlags, signal: AbortSignal): LinesRequest {
  return {
    follow,
    signal,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since: new Date(wallClockMs() - since).toISOString() }),
  };
}

function linesOf(
  view: AgentView,
  settings: Settings | undefined,
  request: LinesRequest,
): AsyncIterable<readonly LogLine[]> {
  if (settings && isLogHere(view, settings))
    return logLines((part, signal) => agentLogPart(view, settings, part, signal), request);
  const access = gatewayAccess();
  if (access === undefined) throw new DroverError('InvalidRequest', whereItIs(view));
  return gatewayLines(access, { fleet: view.fleet, agent: view.name }, request);
}

/** Prints the raw bytes, as the agent wrote them. */
async function bytesOf(view: AgentView, settings: Settings, flags: LogsFlags, signal: AbortSignal): Promise<void> {
  const { follow = false, tail } = flags;
  const shownBytes = new ShownBytes();
  for await (const piece of agentLogs(view, settings, { follow, signal, ...(tail === undefined ? {} : { tail }) }))
    await written(process.stdout.isTTY ? shownBytes.piece(piece) : piece);
  await written(shownBytes.end());
}

/** Writes lines, each with its time and its agent if asked for. */
function printer(
  { timestamps }: LogsFlags,
  isNamed: boolean,
): (view: AgentView, lines: readonly LogLine[]) => Promise<void> {
  return async (view, lines) => {
    const texts = lines.map(({ at, line }) => {
      const before = [...(timestamps ? [at] : []), ...(isNamed ? [`${view.name}:`] : [])];
      const text = process.stdout.isTTY ? shown(line, false) : line;
      return `${before.map((word) => `${colors().dim(word)} `).join('')}${text}\n`;
    });
    await written(texts.join(''));
  };
}

/** Neither this folder nor a gateway that it knows has the log. */
function whereItIs({ fleet, name, provider, host }: AgentView): string {
  const at = provider === 'process' && host !== undefined ? ` on host ${host}` : '';
  return (
    `${resolve('.')} belongs to no drover up or worker: run drover logs ${fleet}/${name} in the directory of the worker that runs it${at}, ` +
    'or set DROVER_GATEWAY_URL and DROVER_OPERATOR_TOKENS to ask its gateway'
  );
}

/** Writes a piece and waits for room: a large log must not fill the memory when a pipe is slow. */
async function written(piece: string | Uint8Array): Promise<void> {
  if (piece.length > 0 && !process.stdout.write(piece)) await once(process.stdout, 'drain');
}
