/** The packed file: what is in it, and what installing it does. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { emptyFolder, installedFolder, packedDrover, run } from './support/packed';

/** Installing 240 packages takes half a minute, and minutes on a slow network. */
const INSTALL_MS = 600_000;

let unpacked: string;
beforeAll(() => {
  unpacked = emptyFolder();
  execFileSync('tar', ['-xzf', packedDrover(), '-C', unpacked, '--strip-components=1']);
}, INSTALL_MS);
afterAll(() => rmSync(unpacked, { recursive: true, force: true }));

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());

test('it holds what runs, its types, maps and pages, and neither tests nor sources nor traces of the build', () => {
  const files = filesOf(unpacked);
  const outside = files.filter((file) => !file.startsWith('templates/'));
  const kinds = new Set(
    outside.map((file) => /(?:\.d\.ts|\.js\.map|\.js|\.md|\.png|\.py|\.html|\.css|\.svg)$/.exec(file)?.[0] ?? file),
  );
  expect([...kinds].sort()).toEqual(
    [
      ...['.d.ts', '.js', '.js.map', '.md', '.png', 'LICENSE', 'dist/workflow-bundle.js.sdk', 'package.json'],
      // The dashboard, and the library for agents in Python.
      ...[
        '.html',
        '.css',
        '.svg',
        '.py',
        'python/LICENSE',
        'python/pyproject.toml',
        'python/src/drover_agent/py.typed',
      ],
    ].sort(),
  );
  expect(
    files.filter(
      (file) => /(?:^|\/)(?:tests?|src|\.[^/]+)\//.test(file.replace(/^python\/src\//, '')) || /\.test\./.test(file),
    ),
  ).toEqual(files.filter((file) => /^templates\/[\w-]+\/agent\.test\./.test(file)));
  expect(files.filter((file) => /(?:^|\/)\./.test(file))).toEqual([]);
  // 2,390 files, three for each of 760 sources, and 15 MB; what does not belong here comes in hundreds.
  expect(files.length).toBeLessThan(2_700);
  expect(files.reduce((sum, file) => sum + statSync(join(unpacked, file)).size, 0)).toBeLessThan(18e6);
});

test('every relative link of its pages leads to a file in it', () => {
  const pages = filesOf(unpacked).filter((file) => file.endsWith('.md'));
  const links = pages.flatMap((page) =>
    [...readFileSync(join(unpacked, page), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => ({
      page,
      link,
    })),
  );
  const relative = links.filter(({ link }) => !/^[a-z]+:/.test(link));
  expect(relative.length).toBeGreaterThan(70);
  expect(relative.filter(({ page, link }) => !existsSync(join(unpacked, dirname(page), link)))).toEqual([]);
});

test('maps bring their sources along', () => {
  const maps = filesOf(join(unpacked, 'dist')).filter((file) => file.endsWith('.js.map'));
  expect(maps.length).toBeGreaterThan(300);
  for (const map of maps) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(unpacked, 'dist', map), 'utf8')) as {
      sources: unknown[];
      sourcesContent?: unknown[];
    };
    expect({ map, contents: sourcesContent?.length }).toEqual({ map, contents: sources.length });
  }
});

describe('installed into an empty folder', () => {
  let folder: string;
  beforeAll(() => {
    folder = installedFolder(); // with --engine-strict
  }, INSTALL_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('every package runs on the oldest Node that Drover supports', () => {
    const installed = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { engines?: { node?: string }; optional?: boolean }>;
    };
    const asked = Object.entries(installed.packages).map(([name, { engines }]) => [name, engines?.node ?? '*']);
    expect(asked.length).toBeGreaterThan(200);
    const semver = join(folder, 'node_modules/semver');
    const refused = run(folder, process.execPath, [
      '-e',
      `const { satisfies } = require(${JSON.stringify(semver)});
       console.log(JSON.stringify(${JSON.stringify(asked)}.filter(([, range]) => !satisfies('20.19.0', range))))`,
    ]);
    expect(JSON.parse(refused)).toEqual([]);
  });

  test(
    'an installation says nothing of engines',
    () => {
      expect(run(folder, 'npm', ['install', '--force', '--no-audit', packedDrover()])).not.toContain('EBADENGINE');
    },
    INSTALL_MS,
  );

  test('the command starts as far as it needs no server', () => {
    expect(run(folder, 'npx', ['drover', 'worker', '--help'])).toContain('Usage: drover worker');
    expect(run(folder, 'npx', ['drover', 'version'])).toContain('0.1.0');
  });

  test('doctor finds one native core', () => {
    const found = run(folder, 'sh', ['-c', 'npx drover doctor -o json || true']);
    const { findings } = JSON.parse(found) as { findings: { check: string; result: string; detail: string }[] };
    expect(findings.find(({ check }) => check === 'temporal packages')).toEqual({
      check: 'temporal packages',
      result: 'ok',
      detail: expect.stringMatching(/^1\.\d+\.\d+, one native core$/) as string,
    });
  });
});

test(
  'npm refuses to put it beside a Temporal SDK that it does not work with',
  () => {
    const folder = emptyFolder();
    try {
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { '@temporalio/worker': '1.20.0' } }));
      expect(() => run(folder, 'npm', ['install', '--dry-run', packedDrover()])).toThrow('ERESOLVE');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  INSTALL_MS,
);

test(
  'a second native core in one process is refused by the worker, and found by doctor',
  () => {
    const folder = installedFolder();
    try {
      // Another installation above: what the program of this folder finds is not what Drover finds.
      const nested = join(folder, 'program');
      mkdirSync(join(nested, 'node_modules'), { recursive: true });
      execFileSync('cp', ['-r', join(folder, 'node_modules/@temporalio'), join(nested, 'node_modules/')]); // no hard links
      writeFileSync(join(nested, 'package.json'), '{}');
      writeFileSync(
        join(nested, 'worker.cjs'),
        `require('@temporalio/worker');
       const { requireOneCore } = require(${JSON.stringify(join(folder, 'node_modules/drover/dist/hosting/temporal-packages.js'))});
       require(${JSON.stringify(join(folder, 'node_modules/drover/dist/worker.js'))});
       requireOneCore();`,
      );
      expect(() => run(nested, process.execPath, ['worker.cjs'])).toThrow("loaded Temporal's native core 2 times");
      expect(() => run(nested, process.execPath, ['../node_modules/.bin/drover', 'doctor'])).toThrow(
        'exists twice, and a process can run one',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  INSTALL_MS,
);
