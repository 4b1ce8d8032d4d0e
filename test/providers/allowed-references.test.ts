import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isListed } from '../../src/providers/allowed-references';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-listed-'));
  for (const name of ['keys', 'keys-of-others']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'a'), 'secret');
  }
  symlinkSync(join(folder, 'keys-of-others/a'), join(folder, 'keys/link'));
  symlinkSync(join(folder, 'keys'), join(folder, 'way'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['env:KEY_A', ['env:KEY_A'], true],
  ['env:KEY_AB', ['env:KEY_A'], false],
  ['env:KEY_A', ['env:KEY_*'], true],
  ['env:AWS_SECRET', ['env:KEY_*', 'file:/'], false],
  ['env:ANY', ['env:*'], true],
  ['env:KEY_A', [], false],
  ['KEY_A', ['env:*', 'file:/'], false],
  ['file:%/keys/a', ['file:%/keys'], true],
  ['file:%/keys/a', ['file:%/keys/'], true],
  ['file:%/keys/a', ['file:%/keys/a'], true],
  ['file:%/keys/a', ['file:/'], true],
  ['file:%/way/a', ['file:%/keys'], true],
  ['file:%/keys/a', ['file:%/way'], true],
  ['file:%/keys-of-others/a', ['file:%/keys'], false],
  ['file:%/keys/../keys-of-others/a', ['file:%/keys'], false],
  ['file:%/keys/link', ['file:%/keys'], false],
  ['file:%/keys/none', ['file:%/keys'], true],
  ['file:%/keys/a', ['env:*'], false],
])('%s in %j: %s', async (reference, list, listed) => {
  const at = (text: string) => text.replace('%', folder);
  expect(await isListed(at(reference), list.map(at))).toBe(listed);
});
