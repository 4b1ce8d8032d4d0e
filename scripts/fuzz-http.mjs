/**
 * Fuzzes a real gateway with schemathesis: requests that its description allows and many that it
 * does not, as an operator, as an agent, and with names that exist. Needs python3 with venv; the
 * packages are pinned by hash and kept in Drover's cache. Ends with 0 if nothing was found.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './state.mjs';

const require = createRequire(import.meta.url);
const folder = join(root, 'scripts/fuzz-http');
/**
 * Cases of the fuzzing phase for each call. With the coverage phase, which has its own, a pass
 * takes about a minute.
 */
const EXAMPLES = 10;
/**
 * A request may fit its schemas and still not be possible: agents of one name twice, a duration of
 * more than 720h, a number that would change, a page token of another server. A schema cannot say
 * so; the gateway does, with 422.
 */
const NOT_CHECKED = 'positive_data_acceptance';
/** The stream of events, and the call that waits for an agent for as long as its caller does. */
const NEVER_ENDING = ['events', 'endpointCall'];
/** `drover up` takes five seconds; a busy machine several times that. */
const UP_WITHIN_MS = 120_000;

/** The virtual environment with the pinned packages, made once for each list of them. */
function schemathesis() {
  const { cacheFolder } = require('../dist/dev/binaries.js');
  const requirements = join(folder, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const venv = join(cacheFolder(process.env), `schemathesis-${digest}`);
  if (!existsSync(venv)) {
    const draft = `${venv}.${process.pid}`;
    // Under another name until it is complete.
    run('python3', ['-m', 'venv', draft], 'python3 cannot make a virtual environment');
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '-r',
      requirements,
    ];
    run(join(draft, 'bin/python'), pip, 'the packages of requirements.txt cannot be installed');
    renameSync(draft, venv);
  }
  // Not by its own program, which knows the path that it was made at.
  return [join(venv, 'bin/python'), '-c', 'from schemathesis.cli import schemathesis; schemathesis()'];
}

function run(command, args, failure) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(error ? `${failure} (${error.message})` : failure);
}

/** `drover up` in a state directory of its own, until `use` is done. */
async function withDrover(use) {
  const state = mkdtempSync(join(tmpdir(), 'drover-fuzz-'));
  const env = { ...process.env, DROVER_STATE_DIR: state, DROVER_AGENT_CALLS_PER_MINUTE: '1000000' };
  // The credential of its pool: a change is refused if one is missing.
  Object.assign(env, { FUZZ: 'secret-of-fuzz', DROVER_REFERENCES: 'env:FUZZ' });
  for (const name of Object.keys(env))
    if (/^TEMPORAL_|^DROVER_(?:GATEWAY|OPERATOR|AGENT_SECRET)/.test(name)) delete env[name];
  const up = spawn(process.execPath, [join(root, 'bin/drover.js'), 'up'], { env, stdio: ['ignore', 2, 2] });
  const ended = new Promise((resolve) => up.once('exit', resolve));
  try {
    const gateway = await running(join(state, 'up.json'), up);
    const operator = readFileSync(join(state, 'token'), 'utf8').trim();
    const secret = readFileSync(join(state, 'agent-secret'), 'utf8').trim();
    return await use({
      gateway,
      operator,
      state,
      agentToken: (name) => require('../dist/contract/agent/token.js').agentToken(secret, ...name),
    });
  } finally {
    up.kill('SIGTERM');
    await ended;
    rmSync(state, { recursive: true, force: true });
  }
}

async function running(file, up) {
  const deadline = performance.now() + UP_WITHIN_MS;
  while (performance.now() < deadline && up.exitCode === null) {
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).gateway;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('drover up did not start in time');
}

/**
 * The objects that calls about one agent, fleet, run and pool find. The agent is external, so
 * nothing has to start it.
 */
const FLEET = {
  agents: [{ name: 'fuzz', provider: 'external', subscription: { pool: 'fuzz' } }],
  subscriptions: [{ pool: 'fuzz', credentials: [{ name: 'fuzz', secret: 'env:FUZZ' }] }],
  topology: { flows: ['Start -> fuzz', 'fuzz -> End'] },
};

async function make({ gateway, operator }) {
  const send = async (method, path, body) => {
    const headers = { authorization: `Bearer ${operator}`, 'content-type': 'application/json' };
    const answer = await fetch(gateway + path, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
    return JSON.parse(text);
  };
  await send('PUT', '/v1/fleets/fuzz', { spec: FLEET });
  const view = async () =>
    (await fetch(`${gateway}/v1/fleets/fuzz`, { headers: { authorization: `Bearer ${operator}` } })).json();
  const beat = { instanceId: 'fuzz', status: 'ready' };
  for (let state = 'running'; state === 'running'; state = (await view()).change.state) {
    await send('POST', '/v1/heartbeats', { fleet: 'fuzz', agent: 'fuzz', ...beat }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await send('POST', '/v1/runs', { fleet: 'fuzz', run: 'fuzz', task: 'fuzz' });
}

/**
 * One pass over every call that ends. True if nothing was found.
 */
function pass(what, { gateway, token, config, reports, only = [] }) {
  const [python, ...program] = schemathesis();
  console.log(`== ${what}`);
  const { status, error } = spawnSync(
    python,
    [
      ...program,
      '--config-file',
      config,
      'run',
      `${gateway}/openapi.json`,
      '--header',
      `Authorization: Bearer ${token}`,
      ...only.flatMap((id) => ['--include-operation-id', id]),
      ...(only.length > 0 ? [] : NEVER_ENDING.flatMap((id) => ['--exclude-operation-id', id])),
      ...[
        '--checks',
        'all',
        '--exclude-checks',
        NOT_CHECKED,
        '--phases',
        'examples,coverage,fuzzing',
        '--max-examples',
        String(EXAMPLES),
      ],
      ...['--generation-deterministic'],
      // Deterministic: a failure is one of the code, not of the day. A command that waits for its
      // effect answers after 5 s.
      ...['--request-timeout', '30', '--continue-on-failure', '--warnings', 'off', '--no-color'],
    ],
    { cwd: reports, stdio: ['ignore', 1, 2] },
  );
  if (error) throw error;
  return status === 0;
}

/**
 * The configuration with the names of what exists, so that the calls get further than "does not
 * exist".
 */
function withNames(config, directory) {
  const file = join(directory, 'existing.toml');
  const names = ['fleet', 'agent', 'run', 'pool'].map((name) => `"path.${name}" = "fuzz"`);
  writeFileSync(file, `${readFileSync(config, 'utf8')}\n[parameters]\n${names.join('\n')}\n`);
  return file;
}

const found = await withDrover(async ({ gateway, operator, agentToken, state }) => {
  const given = { gateway, config: join(folder, 'schemathesis.toml'), reports: state };
  await make({ gateway, operator });
  const existing = withNames(given.config, state);
  const agent = agentToken(['fuzz', 'fuzz']);
  return [
    ['an operator', { ...given, token: operator }],
    // All other calls are refused, and more slowly after 120 refusals, by design.
    ['an agent, about itself', { ...given, token: agent, config: existing, only: ['heartbeat', 'reportFailure'] }],
    // Last, as it pauses, stops and terminates what it finds.
    ['an operator, about what exists', { ...given, token: operator, config: existing }],
  ].filter(([what, options]) => !pass(what, options));
});
for (const [what] of found) console.error(`schemathesis found something as ${what}; see above`);
process.exit(found.length === 0 ? 0 : 1);
