/** Lints the description of the HTTP interface, as /openapi.json has it, with redocly's recommended rules. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './state.mjs';

const { openApi } = createRequire(import.meta.url)('../dist/gateway/openapi/document.js');
const folder = join(root, '.cache/check');
const file = join(folder, 'openapi.json');
mkdirSync(folder, { recursive: true });
writeFileSync(file, JSON.stringify(openApi('0.0.0'), null, 1));

const { status, stdout, stderr } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', file, '--extends', 'recommended', '--format', 'json'],
  { encoding: 'utf8', env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
);
const { problems } = readJson(stdout);
for (const { severity, ruleId, message, location } of problems)
  console.error(`${severity} ${ruleId}: ${message} (${location[0]?.pointer ?? ''})`);
if (status !== 0 || problems.length > 0) process.exit(1);

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    console.error(text, stderr);
    process.exit(1);
  }
}
