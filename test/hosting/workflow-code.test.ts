/** Workflows that are bundled at the start of a worker have the interceptors of the build. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { workflowCode } from '../../src/hosting/workflow-code';

const folder = join(__dirname, '../../src/workflows/sandbox/interceptors');

test('every file of the folder is one, in the order of their names', () => {
  const modules = workflowCode().interceptors?.workflowModules ?? [];
  expect(modules.map((file) => basename(file))).toEqual(readdirSync(folder).sort());
});

test.each(readdirSync(folder))('%s exports what the SDK looks for', async (name) => {
  const { interceptors } = (await import(join(folder, name))) as { readonly interceptors: () => object };
  expect(Object.keys(interceptors()).length).toBeGreaterThan(0);
});
