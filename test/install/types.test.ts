/** Types of both packages, as each kind of project resolves them; and the names that a program of each kind can import. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedFolder, packedAgent, run } from './support/packed';

/** Installing 240 packages takes half a minute, and minutes on a slow network. */
const INSTALL_MS = 600_000;
const ROOT = join(__dirname, '../..');
/** Texts, because the compiler of this repository would read them too. */
const FIXTURE = join(__dirname, 'fixture/types');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

let folder: string;
beforeAll(() => {
  folder = installedFolder();
  run(folder, 'npm', ['install', '--no-save', packedAgent()]);
}, INSTALL_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Project {
  readonly module: string;
  readonly moduleResolution: string;
  /** The extension of the source, which says whether it is a module of ECMAScript. */
  readonly source: 'mts' | 'cts' | 'ts';
  /** The extension of a program that Node runs; null if a bundler would. */
  readonly program: 'mjs' | 'cjs' | null;
}

const PROJECTS: readonly (readonly [name: string, project: Project])[] = [
  ['node16, ESM', { module: 'node16', moduleResolution: 'node16', source: 'mts', program: 'mjs' }],
  ['node16, CommonJS', { module: 'node16', moduleResolution: 'node16', source: 'cts', program: 'cjs' }],
  ['nodenext, ESM', { module: 'nodenext', moduleResolution: 'nodenext', source: 'mts', program: 'mjs' }],
  ['nodenext, CommonJS', { module: 'nodenext', moduleResolution: 'nodenext', source: 'cts', program: 'cjs' }],
  ['bundler, ESM', { module: 'esnext', moduleResolution: 'bundler', source: 'ts', program: null }],
  ['bundler, CommonJS', { module: 'preserve', moduleResolution: 'bundler', source: 'cts', program: null }],
];

/** A project with one source; the folder of its output. */
function project(name: string, fixture: string, { module, moduleResolution, source }: Project): string {
  const home = join(folder, `${fixture}-${name.replace(/\W+/g, '-')}`);
  mkdirSync(home, { recursive: true });
  copyFileSync(join(FIXTURE, `${fixture}.ts.txt`), join(home, `${fixture}.${source}`));
  const compilerOptions = {
    ...{ strict: true, target: 'es2022', module, moduleResolution, outDir: 'out', rootDir: '.' },
    // As most projects have it: the declarations of dependencies are theirs.
    skipLibCheck: true,
    ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*'] }));
  return home;
}

test.each(PROJECTS)('a project of %s compiles, and its program finds every name', (name, kind) => {
  const home = project(name, 'program', kind);
  run(home, process.execPath, [TSC, '-p', '.']);
  if (kind.program === null) return;
  const said = run(home, process.execPath, [join('out', `program.${kind.program}`)]);
  expect(said).toBe('agent/mars/AgentA Keyword 404 0 true\n');
});

test.each(PROJECTS)('a project of %s refuses each wrong use, so no type is any', (name, kind) => {
  const home = project(name, 'wrong', kind);
  const errors = errorsOf(() => run(home, process.execPath, [TSC, '-p', '.', '--noEmit']));
  expect(errors).toEqual([
    '9: TS2322',
    '10: TS2339',
    '11: TS2322',
    '12: TS2345',
    '13: TS2322',
    '14: TS2345',
    '15: TS2345',
  ]);
});

/** The compiler's errors: line and code. */
function errorsOf(compile: () => string): string[] {
  try {
    return [`compiled: ${compile()}`];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [...error.message.matchAll(/\((\d+),\d+\): error (TS\d+)/g)].map(
      ([, line, code]) => `${line ?? ''}: ${code ?? ''}`,
    );
  }
}
