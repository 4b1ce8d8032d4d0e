/**
 * `npm run test:postgres [-- PATH…]`: starts PostgreSQL and Temporal's server over it, and runs tests against them that otherwise run
 * against the development server. `npm run scale -- --engine postgres` starts the same engine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startPostgresEngine } from './postgres/engine.mjs';
import { root } from './state.mjs';

/** The race of resumes, the feed, leases, the main way of each workflow, and workers that are killed in the middle of it. */
const TESTS = [
  'test/workflows/agent/resume-race',
  'test/workflows/agent/races',
  'test/client/feed/',
  'test/soak/feed',
  'test/workflows/lease/cells',
  'test/workflows/search-attributes',
  'test/workflows/agent/agent',
  'test/workflows/fleet/fleet',
  'test/workflows/pool/pool',
  'test/workflows/run/run\\.',
  'test/crash/(agent|run|subscription)-killed',
];

const given = process.argv.slice(2);
const engine = await startPostgresEngine();
console.error(`drover: Temporal over PostgreSQL at ${engine.address}`);
try {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const patterns = (given.length > 0 ? given : TESTS).flatMap((path) => ['--testPathPatterns', path]);
  const args = [jest, '--testPathIgnorePatterns', '/node_modules/', ...patterns, '--maxWorkers', '1'];
  const env = { ...process.env, DROVER_TEST_TEMPORAL: engine.address };
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await engine.stop();
}
