/**
 * What Drover says of itself: `drover version`, `drover schema` for editors, `drover completion`
 * for shells.
 */
import { type Command, Argument, Option } from 'commander';
import { packageVersion } from '../../version';
import { write } from '../lib/output';

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

const SCRIPTS: Readonly<Record<string, (words: string) => string>> = {
  bash: (words) => `complete -W "${words}" drover`,
  zsh: (words) => `compdef '_arguments "1:command:(${words})"' drover`,
  fish: (words) => `complete -c drover -f -n __fish_use_subcommand -a "${words}"`,
};

function registerCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: string) => {
      const words = program.commands.map((command) => command.name()).join(' ');
      write(SCRIPTS[shell]?.(words) ?? '');
    });
}
