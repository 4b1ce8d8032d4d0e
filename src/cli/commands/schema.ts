/** `drover schema`: the JSON Schema of the fleet file, for editors. */
import type { Command } from 'commander';
import { fleetFileJsonSchema } from '../../contract/schemas/fleet-file';
import { write } from '../lib/output';

export function register(program: Command): void {
  program.command('schema').action(() => write(JSON.stringify(fleetFileJsonSchema(), null, 2)));
}
