/** The build id follows the workflow code, and nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildId } from '../../src/hosting/build-id';
import { packageVersion } from '../../src/version';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'drover-build-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function idOf(text: string): string {
  const bundle = join(folder, 'bundle.js');
  writeFileSync(bundle, text);
  return buildId(bundle);
}

test('it names the version and the code of the workflows', () => {
  const id = idOf('code();\n//# sourceMappingURL=data:one');
  expect(id).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{12}$/);
  expect(id.startsWith(`${packageVersion()}+`)).toBe(true);
  expect(idOf('code();\n//# sourceMappingURL=data:two')).toBe(id);
  expect(idOf('other();\n//# sourceMappingURL=data:one')).not.toBe(id);
});

test('without a bundle it says that the workflows come from source', () => {
  expect(buildId(join(folder, 'absent.js'))).toBe(`${packageVersion()}+source`);
});
