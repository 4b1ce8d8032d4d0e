/** The first minute of a newcomer: init, up and the generated test, in an empty folder with the packed file. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedFolder, run } from './support/packed';

/** An embedded server, a worker, a gateway and an agent start, at a load of other tests. */
const UP_MS = 300_000;
const ROOT = join(__dirname, '../..');

let folder: string;
beforeEach(() => {
  folder = installedFolder();
}, UP_MS);
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['node', 'Hello, Mars!', ['node', '--test']],
  ['typescript', 'Hello, Mars!', ['node', '--import', 'drover/typescript', '--test', 'agent.test.ts']],
  ['python', 'Hello, Mars!', ['node', '--test']],
  ['command', 'MARS', ['node', '--test']],
])(
  'template %s: the fleet answers, and its test passes',
  (template, answer, [command = '', ...args]) => {
    expect(run(folder, 'npx', ['drover', 'init', '--template', template])).not.toContain('not installed');
    const up = run(folder, 'npx', ['drover', 'up', 'fleet.yaml', '--task', 'Mars', '--destroy']);
    expect(up.split('\n')).toContain(answer);
    expect(run(folder, command, args)).toMatch(/^# pass 1$/m);
  },
  UP_MS,
);

test.each(['claude-code', 'codex'])(
  'template %s: its test passes without the tool',
  (template) => {
    expect(run(folder, 'npx', ['drover', 'init', '--template', template])).not.toContain('not installed');
    expect(run(folder, 'node', ['--test'])).toMatch(/^# pass 1$/m);
  },
  UP_MS,
);

test(
  "the README's own fleet and agent work in a folder of one's own",
  () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const block = (language: string, part: string) =>
      [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].find(
        ([, name, text = '']) => name === language && text.includes(part),
      )?.[2] ?? '';
    const own = join(folder, 'hello');
    mkdirSync(own);
    writeFileSync(join(own, 'fleet.yaml'), block('yaml', 'kind: Fleet'));
    writeFileSync(join(own, 'agent.mjs'), block('js', 'serveAgent'));
    const up = run(own, 'npx', ['drover', 'up', 'fleet.yaml', '--task', 'Mars', '--destroy']);
    expect(up).toContain('HELLO, MARS');
  },
  UP_MS,
);

test('types of a TypeScript agent are removed, and its errors keep their lines', () => {
  writeFileSync(
    join(folder, 'wrong.ts'),
    "interface A {\n  readonly b: string;\n}\n\nthrow new Error(({ b: 'here' } satisfies A).b);\n",
  );
  expect(() =>
    run(folder, process.execPath, ['--enable-source-maps', '--import', 'drover/typescript', 'wrong.ts']),
  ).toThrow(/wrong\.ts:5[\s\S]*Error: here/);
});
