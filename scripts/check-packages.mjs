/**
 * Checks what the packages export: that every entry resolves, with types, from CommonJS and from ES
 * modules (publint, @arethetypeswrong/cli). `node10`, which knows no `exports`, is left out, and the
 * rule `named-exports`, which takes the values behind an `export type *` for exports: the compiler
 * refuses to import them as values.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './state.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const CHECKS = ['.', 'packages/agent'].flatMap((folder) => [
  [bin('publint'), '--strict', folder],
  [bin('attw'), '--pack', folder, '--profile', 'node16', '--no-emoji', '--ignore-rules', 'named-exports'],
]);

const failed = CHECKS.filter(([command, ...args]) => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) console.error(error?.message ?? `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return status !== 0;
});
process.exit(failed.length === 0 ? 0 : 1);
