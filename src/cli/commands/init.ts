/** `drover init`: writes the files of a first fleet, and never over another file. */
import { type Command, Option } from 'commander';
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { errorCode } from '../../lib/error-code';
import { problem } from '../../lib/kept-file';
import { say, write } from '../lib/output';

interface InitFlags {
  readonly template: TemplateName;
}

/** The command that runs the test of a template. */
const TESTS = {
  node: 'node --test',
  typescript: 'node --import drover/typescript --test agent.test.ts',
  python: 'node --test',
  command: 'node --test',
  'claude-code': 'node --test',
  codex: 'node --test',
} as const;
type TemplateName = keyof typeof TESTS;

const FLEET_FILE = 'fleet.yaml';
/** The root of this package, from src/ and from dist/. */
const PACKAGE = resolve(__dirname, '../../..');

/** npm packs no file with the name `.gitignore`. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore' };

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('init')
    .addOption(
      new Option('--template <name>', 'the language of the agent, or the tool that it is')
        .choices(Object.keys(TESTS))
        .default('node'),
    )
    .action(({ template }: InitFlags) => init(template, process.cwd()));
}

function init(template: TemplateName, folder: string): void {
  if (existsSync(join(folder, FLEET_FILE))) {
    say(`${FLEET_FILE} is here already; nothing is written`);
  } else {
    // The fleet file comes last: if writing ends early, the next try writes the rest.
    const names = readdirSync(join(PACKAGE, 'templates', template)).filter((name) => name !== FLEET_FILE);
    if (template === 'python') writeLibrary(folder);
    for (const name of [...names, FLEET_FILE]) writeNew(template, folder, name);
  }
  if (!isInstalledIn(folder)) {
    say(`the package drover is not installed in this folder: npm install ${JSON.stringify(PACKAGE)}`);
  }
  write(
    [
      '',
      'npx drover up fleet.yaml --keep   # starts everything here; Ctrl-C ends it, and the agent runs on',
      'npx drover run hello Mars         # in another terminal of this folder',
      `${TESTS[template].padEnd(33)} # tests the agent, without any of the above`,
    ].join('\n'),
  );
}

function writeNew(template: TemplateName, folder: string, name: string): void {
  const file = RENAMED[name] ?? name;
  const text = readFileSync(join(PACKAGE, 'templates', template, name));
  try {
    writeFileSync(join(folder, file), text, { flag: 'wx' });
    say(`wrote ${file}`);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw problem(join(folder, file), 'written', error);
    say(`kept ${file}, which is here already`);
  }
}

/** The library of Python agents, as a folder beside the agent: it needs no installation. */
const LIBRARY = 'drover_agent';

function writeLibrary(folder: string): void {
  const target = join(folder, LIBRARY);
  const source = join(PACKAGE, 'python/src', LIBRARY);
  try {
    mkdirSync(target);
    for (const name of readdirSync(source).filter((file) => /\.py$|^py\.typed$/.test(file)))
      copyFileSync(join(source, name), join(target, name), constants.COPYFILE_EXCL);
    say(`wrote ${LIBRARY}/, the library of agents in Python`);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw problem(target, 'written', error);
    say(`kept ${LIBRARY}, which is here already`);
  }
}

/** True if a program in the folder can import `drover/agent`. */
function isInstalledIn(folder: string): boolean {
  try {
    createRequire(join(folder, 'agent.mjs')).resolve('drover/agent');
    return true;
  } catch (error) {
    if (errorCode(error) === 'MODULE_NOT_FOUND') return false;
    throw error;
  }
}
