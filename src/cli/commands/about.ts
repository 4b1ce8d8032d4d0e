/**
 * Facts about Drover: `drover version`, `drover schema` for editors, `drover completion`
 * for shells.
 */
import { type Command, Argument, Option } from 'commander';
import { packageVersion } from '../../version';
import { write } from '../lib/output';
import { COMPLETION_SCRIPTS } from '../completion/scripts';

/** Adds the command to the program. */
export function register(program: Command): void {
  registerVersion(program);
  registerSchema(program);
  registerCompletion(program);
}

function registerVersion(program: Command): void {
  program.command('version').action(() => write(packageVersion()));
}

function registerSchema(program: Command): void {
  program
    .command('schema')
    .addOption(
      new Option('-o, --output <format>', 'the JSON Schema, or the reference of every field')
        .choices(['json', 'markdown'])
        .default('json'),
    )
    .action(async ({ output }: { readonly output: 'json' | 'markdown' }) => {
      // Loaded here: `drover version` must not wait for zod.
      const { fleetFileJsonSchema } = await import('../../contract/schemas/fleet-file.js');
      const { fieldTables } = await import('../text/fields.js');
      const schema = fleetFileJsonSchema();
      write(output === 'json' ? JSON.stringify(schema, null, 2) : fieldTables(schema));
    });
}

function registerCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(COMPLETION_SCRIPTS)))
    .action((shell: string) => write(COMPLETION_SCRIPTS[shell] ?? ''));
}
