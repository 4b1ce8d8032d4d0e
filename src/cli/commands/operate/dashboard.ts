/** `drover dashboard`: the link that logs a browser in. */
import type { Command } from 'commander';
import { dashboardLink, knownGateway } from '../../lib/gateway';
import { type Format, print, withOutput } from '../../lib/output';

/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(program.command('dashboard')).action(({ output }: { readonly output: Format }) => show(output));
}

async function show(output: Format): Promise<void> {
  const { link, expiresAt } = await dashboardLink(knownGateway());
  await print(output, { data: { link, expiresAt }, names: [link], text: () => link });
}
