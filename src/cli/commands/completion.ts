/** `drover completion bash|zsh|fish`: prints completions of the commands, for a shell to source. */
import { Argument, type Command } from 'commander';
import { write } from '../lib/output';

const SCRIPTS: Readonly<Record<string, (words: string) => string>> = {
  bash: (words) => `complete -W "${words}" drover`,
  zsh: (words) => `compdef '_arguments "1:command:(${words})"' drover`,
  fish: (words) => `complete -c drover -f -n __fish_use_subcommand -a "${words}"`,
};

export function register(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: string) => {
      const words = program.commands.map((command) => command.name()).join(' ');
      write(SCRIPTS[shell]?.(words) ?? '');
    });
}
