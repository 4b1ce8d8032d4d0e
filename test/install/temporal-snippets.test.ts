/** docs/temporal.md: its Python snippets do what they say, and its TypeScript compiles for a user of the packed file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { page, ROOT } from '../docs/pages';
import { startMars } from '../docs/six-tasks';
import { snippets } from '../docs/temporal-snippets';
import { installedFolder, run } from './support/packed';
import { pythonWithTemporal } from './support/python';

const text = page('docs/temporal.md');

test('the six tasks in Python', async () => {
  const python = pythonWithTemporal();
  const folder = mkdtempSync(join(tmpdir(), 'drover-python-'));
  const mars = await startMars();
  try {
    const setup = snippets(text, 'python setup')[0] ?? '';
    await mars.doTasks(snippets(text, 'python'), (snippet, name) => {
      const file = join(folder, `${name}.py`);
      const body = snippet.replaceAll(/^(?=.)/gm, '    ');
      // Threads of the SDK's core may abort an interpreter that finalizes on a busy machine (PyGILState_Release).
      const end = 'import sys\nsys.stdout.flush()\nos._exit(0)\n';
      writeFileSync(file, `${setup}${body}\n\nasyncio.run(main())\n${end}`);
      return mars.output(python, [file]);
    });
  } finally {
    await mars.end();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the TypeScript of the page compiles strictly in a project that has installed Drover', () => {
  const folder = installedFolder();
  try {
    const setup = snippets(text, 'ts setup')[0] ?? '';
    writeFileSync(join(folder, 'tasks.mts'), `${setup}\n${snippets(text, 'ts').join('\n')}`);
    writeFileSync(join(folder, 'workflows.mts'), snippets(text, 'ts workflow')[0] ?? '');
    const compilerOptions = {
      ...{ strict: true, module: 'nodenext', target: 'es2022', noEmit: true, skipLibCheck: true },
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    run(folder, process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
