/** `drover inbox`: what waits for a person; `inbox extend` and `inbox deny`. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { DroverClient, InboxFilter, InboxList } from '../../client';
import { WAITING_KINDS, type WaitingKind } from '../../contract/run/inbox';
import { commandOf, parseDuration, plainName, requestIdOption } from '../lib/arguments';
import { DroverError } from '../../contract/errors';
import { confirm } from '../lib/confirm';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, type Printable, withOutput } from '../lib/output';
import { Screen } from '../lib/screen';
import { inboxText } from '../text/inbox';

interface InboxFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly kind?: WaitingKind;
  readonly watch?: boolean;
  readonly requestId?: string;
  readonly yes?: boolean;
}

/** How often a watch looks: visibility is about a second old anyway. */
const LOOK_EVERY_MS = 1_000;

/** Adds the command to the program. */
export function register(program: Command): void {
  const inbox = withOutput(withConnection(program.command('inbox')))
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .addOption(new Option('--kind <kind>', 'of this kind only').choices(WAITING_KINDS))
    .option('-w, --watch', 'show every change; under -o json one line for each')
    .action((flags: InboxFlags) => list(flags));
  const flagsOf = (command: Command): InboxFlags => command.optsWithGlobals<InboxFlags>();
  withOutput(withConnection(inbox.command('extend')))
    .description('move the deadline of an item')
    .argument('<id>')
    .argument('<duration>', 'such as 24h', parseDuration)
    .addOption(requestIdOption())
    .action((id: string, duration: string, _own: InboxFlags, command: Command) =>
      extend(id, duration, flagsOf(command)),
    );
  withOutput(withConnection(inbox.command('deny')))
    .description('say no to every waiting permission, or to every gate (--kind)')
    .option('--fleet <fleet>', 'of this fleet only', plainName)
    .addOption(new Option('--kind <kind>', 'what is denied').choices(['permission', 'gate']))
    .option('--yes', 'without asking')
    .addOption(requestIdOption())
    .action((_own: InboxFlags, command: Command) => deny(flagsOf(command)));
}

async function list(flags: InboxFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const look = () => client.inbox.list(filterOf(flags));
    if (flags.watch !== true) return print(flags.output, printable(await look()));
    const screen = new Screen(flags.output, printable);
    for (;;) {
      await screen.show(await look());
      await pause(LOOK_EVERY_MS);
    }
  });
}

async function extend(id: string, duration: string, flags: InboxFlags): Promise<void> {
  const options = commandOf(flags);
  const view = await withClient(flags, ({ inbox }) => inbox.extend(id, duration, options));
  await print(flags.output, { data: view, names: [id], text: () => `${id} has ${duration} more` });
}

async function deny(flags: InboxFlags): Promise<void> {
  const { kind } = flags;
  if (kind !== 'permission' && kind !== 'gate')
    throw new DroverError('InvalidRequest', 'needs --kind permission or --kind gate');
  await confirm(flags, `deny every waiting ${kind}${flags.fleet === undefined ? '' : ` of ${flags.fleet}`}?`);
  await withClient(flags, async (client: DroverClient) => {
    const denied = await client.inbox.deny(kind, filterOf(flags), commandOf(flags));
    await print(flags.output, {
      data: denied,
      names: denied.denied,
      text: () =>
        [
          ...denied.denied.map((id) => `${id} is denied`),
          ...denied.refused.map(({ id, why }) => `${id} is not: ${why}`),
        ].join('\n'),
    });
  });
}

function filterOf({ fleet, kind }: InboxFlags): InboxFilter {
  return { ...(fleet !== undefined && { fleet }), ...(kind !== undefined && { kind }) };
}

function printable(found: InboxList): Printable {
  return { data: found, names: found.items.map(({ id }) => id), text: () => inboxText(found) };
}
