/** Completions come from the commander program: subcommands, options, choices, files, and whose names to ask for. */
import { type Completions, completions } from '../../../src/cli/completion/completions';
import { COMMANDS, createProgram } from '../../../src/cli/program';
import { EXAMPLES } from '../../../src/cli/text/examples';

async function after(...line: string[]): Promise<Completions> {
  const [word] = line.length > 1 ? line : [];
  return completions(await createProgram(word), line);
}

test('the first word is any command', async () => {
  expect((await after('')).words).toEqual([...Object.keys(COMMANDS), 'help']);
});

test.each([
  [
    ['get', ''],
    ['agents', 'fleets', 'pools', 'runs'],
  ],
  [
    ['runs', ''],
    ['pause', 'resume', 'cancel'],
  ],
  [['wait', 'a'], expect.arrayContaining(['agent', 'run', 'fleet'])],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [
    ['pause', 'f/a', '--mode', ''],
    ['drain', 'freeze'],
  ],
  [['get', 'runs', '--state', ''], expect.arrayContaining(['running', 'failed'])],
  [['get', 'agents', '--'], expect.arrayContaining(['--fleet', '--status', '--address', '--output', '--help'])],
])('%j: words', async (line, words) => {
  expect((await after(...line)).words).toEqual(words);
});

test.each([
  [['logs', ''], 'agents'],
  [['logs', '--tail', '5', ''], 'agents'],
  [['pause', '--fleet', ''], 'fleets'],
  [['destroy', ''], 'fleets'],
  [['describe', 'run', ''], 'runs'],
  [['runs', 'cancel', ''], 'runs'],
  [['pools', 'reset', ''], 'pools'],
  [['run', 'mars', ''], null],
  [['logs', 'mars/AgentA', ''], null],
])('%j: names of %s', async (line, names) => {
  expect((await after(...line)).names).toBe(names);
});

test.each([[['apply', '-f', '']], [['apply', '--file', 'x']], [['up', '']], [['simulate', 'a.yaml', '']]])(
  '%j: files',
  async (line) => {
    expect((await after(...line)).files).toBe(true);
  },
);

test.each(Object.keys(COMMANDS))('%s and its subcommands each have a description', async (name) => {
  const program = await createProgram(name);
  const below = (command: typeof program): readonly (typeof program)[] => [command, ...command.commands.flatMap(below)];
  const command = program.commands.find((each) => each.name() === name);
  const without = command ? below(command).filter((each) => each.description() === '') : [];
  expect(command).toBeDefined();
  expect(without.map((each) => each.name())).toEqual([]);
});

test.each(Object.keys(COMMANDS))('%s has examples whose words and options it knows', async (name) => {
  const examples = EXAMPLES[name] ?? [];
  expect(examples).not.toEqual([]);
  const program = await createProgram(name);
  for (const example of examples) {
    const line = example.replace(/ > .*$/, '').match(/"[^"]*"|\S+/g) ?? [];
    let command = program;
    const rest = [...line];
    for (;;) {
      const inner = command.commands.find((each) => each.name() === rest[0]);
      if (!inner) break;
      command = inner;
      rest.shift();
    }
    expect(command.parseOptions(rest).unknown).toEqual([]);
  }
});
