/**
 * `npm run histories`: runs the tests that record histories (those that call `env.record(name)`)
 * and writes what they started to test/replay/histories/next/, then derives the one that must fail.
 * The folders of releases stay as they are: they are the promise that running workflows survive the
 * new code (docs/upgrading.md, scripts/frozen.mjs).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NEXT, histories as frozen } from './frozen.mjs';
import { root } from './state.mjs';

const histories = join(frozen, NEXT);
const mustFail = join(root, 'test/replay/must-fail');

/** The test files that record something. */
const recording = readdirSync(join(root, 'test'), { recursive: true })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join(root, 'test', file))
  .filter((file) => readFileSync(file, 'utf8').includes('env.record('));

const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/jest/bin/jest.js'), '--runTestsByPath', ...recording, ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit', env: { ...process.env, DROVER_RECORD_HISTORIES: '1' } },
);
if (status !== 0) process.exit(status ?? 1);

/** The same history with a first activity that no workflow calls. */
function asOfOtherCode(content) {
  const scheduled = content.history.events.find((event) => event.activityTaskScheduledEventAttributes);
  if (!scheduled) return undefined;
  scheduled.activityTaskScheduledEventAttributes.activityType.name = 'anotherActivity';
  return content;
}

const files = existsSync(histories)
  ? readdirSync(histories)
      .filter((file) => file.endsWith('.json'))
      .sort()
  : [];
console.log(`${files.length} histories in test/replay/histories/${NEXT}`);
for (const file of files) {
  const changed = asOfOtherCode(JSON.parse(readFileSync(join(histories, file), 'utf8')));
  if (!changed) continue;
  mkdirSync(mustFail, { recursive: true });
  writeFileSync(join(mustFail, 'another-activity.json'), `${JSON.stringify(changed, null, 1)}\n`);
  process.exit(0);
}
console.error('no recorded history has an activity, so the failing history cannot be derived');
process.exit(1);
