/**
 * `npm run dev [-- --inspect]`: a Temporal server that stays up, and a worker and a gateway that
 * are built and started again when src changes. Agents run on, as they do when `drover up` is
 * started again. Commands in the same directory find it. With --inspect a debugger can attach to
 * the worker at 127.0.0.1:9229, in workflows too.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './state.mjs';

const require = createRequire(import.meta.url);
const dist = (module) => require(join(root, 'dist', module));

/** An editor writes several files for one save. */
const SETTLED_AFTER_MS = 200;
/**
 * Workflows run in the main thread, where the debugger is, and may stand still there (SDK:
 * TEMPORAL_DEBUG).
 */
const DEBUGGED = process.argv.includes('--inspect')
  ? { flags: ['--inspect=127.0.0.1:9229'], env: { TEMPORAL_DEBUG: '1' } }
  : { flags: [], env: {} };

const say = (sentence) => console.error(`dev: ${sentence}`);

/** A `drover` command that runs until it is stopped. */
class Service {
  #child;
  #ended = Promise.resolve();

  constructor(command, env, { flags = [], env: more = {} } = {}) {
    this.command = command;
    this.start = () => {
      const args = ['--enable-source-maps', ...flags, join(root, 'bin/drover.js'), command];
      // In a group of its own: Ctrl-C reaches this process alone, which stops the services in
      // order.
      const child = spawn(process.execPath, args, { env: { ...env, ...more }, stdio: 'inherit', detached: true });
      this.#child = child;
      this.#ended = new Promise((resolve) => child.once('exit', resolve)).then((code) => {
        if (this.#child === child) say(`${command} has ended with ${code}; it starts again at the next change`);
      });
    };
  }

  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode === null) child.kill('SIGTERM');
    await this.#ended;
  }
}

function build() {
  const child = spawn(process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root, stdio: ['ignore', 2, 2] });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

/** Builds and restarts, once for all changes that come while it does. */
function onChange(services) {
  let timer;
  let working = Promise.resolve();
  const restart = async () => {
    if (!(await build())) return say('the last build that worked runs on');
    await Promise.all(services.map((service) => service.stop()));
    for (const service of services) service.start();
    say('started again');
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => (working = working.then(restart)), SETTLED_AFTER_MS);
  };
}

async function main() {
  const { loadSettings } = dist('cli/lib/serve.js');
  const { lockStateDirectory, unlockStateDirectory, writeUpState } = dist('dev/up-state.js');
  const { startEmbeddedServer } = dist('dev/embedded.js');
  const { obtainBinary } = dist('dev/obtain.js');
  const { SEARCH_ATTRIBUTES } = dist('contract/names.js');
  const { settings, state } = await loadSettings();
  lockStateDirectory(state.path);
  try {
    const binary = await obtainBinary('temporal', process.env);
    const server = await startEmbeddedServer(state, { binary, searchAttributes: SEARCH_ATTRIBUTES, notice: say });
    writeUpState(state.path, {
      pid: process.pid,
      temporal: server.address,
      namespace: server.namespace,
      gateway: settings.gateway.url,
      webUi: server.webUi,
      tokenFile: state.tokenFile,
    });
    const env = { ...process.env, DROVER_STATE_DIR: state.path };
    const services = [new Service('worker', env, DEBUGGED), new Service('gateway', env)];
    for (const service of services) service.start();
    const watcher = watch(join(root, 'src'), { recursive: true }, onChange(services));
    say(`Temporal ${server.address}, Web UI ${server.webUi}, gateway ${settings.gateway.url}; Ctrl-C ends it`);
    const stopped = new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    });
    await Promise.race([stopped, server.exited.then(say)]);
    watcher.close();
    await Promise.all(services.map((service) => service.stop()));
    await server.stop();
  } finally {
    unlockStateDirectory(state.path);
  }
}

await main().catch((error) => {
  say(error.message);
  process.exitCode = 1;
});
process.exit();
