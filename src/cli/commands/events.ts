/** `drover events [--watch] [--since 1h]`: prints past events, or new ones as they happen. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type EventFilter } from '../../client';
import { type DroverEvent, EVENT_TYPES, type EventType } from '../../contract/event';
import { wallClockMs } from '../../lib/clock';
import { agentRef, fullName, parseCount, parseDurationMs, plainName, runRef } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { when } from '../text/age';
import { aboutText, eventText, subjectOf } from '../text/event';
import { type Format, print, say, table, withOutput } from '../lib/output';

interface EventFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly agent?: string;
  readonly run?: string;
  readonly type?: readonly EventType[];
  readonly since?: number;
  readonly limit?: number;
  readonly watch?: boolean;
}

/** How far back the events go without `--since`, in milliseconds. */
const AN_HOUR = 3_600_000;

/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(withConnection(program.command('events')))
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .option('--agent <fleet/agent>', 'of this agent only', fullName(agentRef))
    .option('--run <fleet/run>', 'of this run only', fullName(runRef))
    .option('--type <type...>', 'of these types only, such as agent.changed', eventType)
    .option('--since <duration>', 'of this time until now, such as 10m; 1h unless given', age)
    .addOption(
      new Option('--limit <count>', 'the newest ones only, at most this many').argParser(parseCount).conflicts('watch'),
    )
    .option('--watch', 'a line for every event from now on, until Ctrl-C; with --since, for those before too')
    .action((flags: EventFlags) => (flags.watch ? watch(flags) : recent(flags)));
}

function filterOf({ fleet, agent, run, type: types }: EventFlags): EventFilter {
  return { fleet, agent, run, types };
}

async function recent(flags: EventFlags): Promise<void> {
  const from = wallClockMs() - (flags.since ?? AN_HOUR);
  const all = await withClient(flags, ({ feed }) => feed.since(from, filterOf(flags)));
  const items = flags.limit === undefined ? all : all.slice(-flags.limit);
  await print(flags.output, {
    data: { items, nextPageToken: null },
    names: items.map(subjectOf),
    text: () =>
      table(
        ['AT', 'EVENT', 'OF', 'ABOUT'],
        items.map((event) => [when(event.at), event.type, subjectOf(event), aboutText(event)]),
        ['AT'],
      ),
  });
}

async function watch(flags: EventFlags): Promise<void> {
  const filter = filterOf(flags);
  const since = flags.since === undefined ? undefined : wallClockMs() - flags.since;
  const onWatching = () => say('drover: watching; press Ctrl-C to end');
  await withClient(flags, async ({ feed }) => {
    for await (const event of feed.watch({ ...filter, since, onWatching })) await show(flags.output, event);
  });
}

function eventType(text: string, before: readonly EventType[] = []): readonly EventType[] {
  const type = EVENT_TYPES.find((known) => known === text);
  if (type === undefined) throw new InvalidArgumentError(`use one of ${EVENT_TYPES.join(', ')}`);
  return [...before, type];
}

function age(text: string): number {
  const ms = parseDurationMs(text);
  if (ms <= 0) throw new InvalidArgumentError('use a duration such as 10m or 1h');
  return ms;
}

function show(format: Format, event: DroverEvent): Promise<void> {
  const printable = { data: event, names: [subjectOf(event)], text: () => eventText(event) };
  // As YAML, one list that grows.
  if (format === 'yaml') return print(format, { ...printable, data: [event] });
  return print(format, printable, { onOneLine: true });
}
