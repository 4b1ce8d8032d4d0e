/** The agent library loads nothing but itself, from `drover/agent` and as a package of its own. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, installedFolder, packedAgent, run } from './support/packed';

const INSTALL_MS = 600_000;
const ROOT = join(__dirname, '../..');

/** The program imports the library, and prints each file that Node loaded for it with its size. */
const LOADS = (library: string) => `
  import { createRequire } from 'node:module';
  import { statSync } from 'node:fs';
  import * as agent from '${library}';
  const files = Object.keys(createRequire(import.meta.url).cache);
  console.log(JSON.stringify({ names: Object.keys(agent).sort(), files: files.map((file) => [file, statSync(file).size]) }));
`;

interface Loaded {
  readonly names: readonly string[];
  readonly files: readonly (readonly [file: string, bytes: number])[];
}

function loaded(folder: string, library: string): Loaded {
  writeFileSync(join(folder, 'loads.mjs'), LOADS(library));
  return JSON.parse(run(folder, process.execPath, ['loads.mjs'])) as Loaded;
}

function expectSmall({ names, files }: Loaded, home: string): void {
  expect(names).toEqual(expect.arrayContaining(['ask', 'fail', 'final', 'invoke', 'serveAgent']));
  expect(files.filter(([file]) => !file.includes(home))).toEqual([]);
  expect(files.filter(([file]) => /temporalio|zod/.test(file))).toEqual([]);
  // 25 files with 68 KB; one package of Temporal's has hundreds.
  expect(files.length).toBeLessThan(30);
  expect(files.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(80_000);
}

test(
  '@drover/agent installs itself alone, and loads a few small files',
  () => {
    const folder = emptyFolder();
    try {
      run(folder, 'npm', ['install', '--engine-strict', packedAgent()]);
      const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
        packages: object;
      };
      expect(Object.keys(lock.packages)).toEqual(['node_modules/@drover/agent']);
      expectSmall(loaded(folder, '@drover/agent'), join('node_modules', '@drover', 'agent'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  INSTALL_MS,
);

test(
  'drover/agent is the same library, and loads nothing of Temporal either',
  () => {
    const folder = installedFolder();
    try {
      run(folder, 'npm', ['install', '--no-save', packedAgent()]);
      const own = loaded(folder, '@drover/agent');
      const within = loaded(folder, 'drover/agent');
      expectSmall(within, join('node_modules', 'drover', 'dist'));
      expect(within.names).toEqual(own.names);
      const code = ({ files }: Loaded) =>
        files.map(([file]) => readFileSync(file, 'utf8').replace(/\/\/# sourceMappingURL=.*/, ''));
      expect(code(within)).toEqual(code(own));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  INSTALL_MS,
);

test('both packages have one version and ask for one Node', () => {
  const manifest = (file: string) =>
    JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { version: string; engines: object; dependencies?: object };
  const { version, engines, dependencies } = manifest('packages/agent/package.json');
  expect({ version, engines }).toEqual({
    version: manifest('package.json').version,
    engines: manifest('package.json').engines,
  });
  expect(dependencies).toBeUndefined();
});
