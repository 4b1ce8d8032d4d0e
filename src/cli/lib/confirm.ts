/** Questions before something is lost. */
import { createInterface } from 'node:readline/promises';
import { DroverError } from '../../contract/errors';

/** Asks on a terminal, unless `yes`. Without a terminal the command goes on. Throws if the answer is not yes. */
export async function confirm({ yes }: { readonly yes?: boolean }, question: string): Promise<void> {
  if (yes || !process.stdin.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new DroverError('InvalidRequest', 'nothing was done');
}
