/** Every page, heading, rule, decision and file that a comment or a page of this repository refers to exists. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

test('no reference leads nowhere', () => {
  const script = join(__dirname, '../../scripts/references.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^references: \d{3,} files, 0 dangling\n$/);
});
