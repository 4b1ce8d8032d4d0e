import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { approveReferences, isApproved } from '../../src/dev/approved-references';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'drover-approved-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a reference is approved as it is written, once, and nothing else with it', () => {
  const strange = 'file:/a b/\u00e4#?%"';
  approveReferences(folder, ['env:A', strange]);
  approveReferences(folder, ['env:A']);
  expect([isApproved(folder, 'env:A'), isApproved(folder, strange)]).toEqual([true, true]);
  expect(['env:B', 'env:AA', 'file:/a', ''].filter((reference) => isApproved(folder, reference))).toEqual([]);
  expect(readdirSync(join(folder, 'references'))).toHaveLength(2);
  expect(statSync(join(folder, 'references')).mode & 0o077).toBe(0);
});

test('a state directory that does not exist is not made', () => {
  approveReferences(join(folder, 'none'), ['env:A']);
  expect(readdirSync(folder)).toEqual([]);
  expect(isApproved(join(folder, 'none'), 'env:A')).toBe(false);
});
