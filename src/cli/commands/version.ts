/** `drover version`. */
import type { Command } from 'commander';
import { packageVersion } from '../../version';
import { write } from '../lib/output';

export function register(program: Command): void {
  program.command('version').action(() => write(packageVersion()));
}
