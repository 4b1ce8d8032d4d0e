/** `drover events [--watch]`: prints past events, or new ones as they happen. */
import type { Command } from 'commander';
import type { DroverEvent } from '../../contract/event';
import { plainName } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { aboutText, eventText, subjectOf } from '../text/event';
import { type Format, print, say, table, withOutput } from '../lib/output';

interface EventFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly watch?: boolean;
}

export function register(program: Command): void {
  withOutput(withConnection(program.command('events')))
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .option('--watch', 'a line for every event from now on, until Ctrl-C')
    .action((flags: EventFlags) => (flags.watch ? watch(flags) : recent(flags)));
}

async function recent(flags: EventFlags): Promise<void> {
  const { fleet } = flags;
  const items = await withClient(flags, ({ events }) => events.recent({ fleet }));
  await print(flags.output, {
    data: { items, nextPageToken: null },
    names: items.map(subjectOf),
    text: () =>
      table(
        ['AT', 'EVENT', 'OF', 'ABOUT'],
        items.map((event) => [event.at, event.type, subjectOf(event), aboutText(event)]),
      ),
  });
}

async function watch(flags: EventFlags): Promise<void> {
  const { fleet } = flags;
  const onWatching = () => say('drover: watching; press Ctrl-C to end');
  await withClient(flags, async ({ events }) => {
    for await (const event of events.watch({ fleet, onWatching })) await show(flags.output, event);
  });
}

function show(format: Format, event: DroverEvent): Promise<void> {
  const printable = { data: event, names: [subjectOf(event)], text: () => eventText(event) };
  // As YAML, one list that grows.
  if (format === 'yaml') return print(format, { ...printable, data: [event] });
  return print(format, printable, { onOneLine: true });
}
