/**
 * A worker in a process of its own, to be killed with -9: `node killable-worker.cjs ADDRESS QUEUE BUNDLE FOLDER HANG`. Its provider
 * keeps what it has in files in FOLDER, so that a second worker finds it. HANG is a JSON list of `{agent, call, count, when}`:
 * at that call of that agent it writes `<agent>.hanging`, before or after the effect, and never comes back.
 */
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');

const [address, taskQueue, codePath, folder, hangJson] = process.argv.slice(2);
const hangs = JSON.parse(hangJson);

const file = (agent, ending) => join(folder, `${agent}.${ending}`);
const lines = (name) => (existsSync(name) ? readFileSync(name, 'utf8').split('\n').filter(Boolean) : []);
const stateOf = (agent) => (existsSync(file(agent, 'state')) ? readFileSync(file(agent, 'state'), 'utf8') : 'stopped');

async function hang(agent, call, when) {
  const count = lines(file(agent, 'calls')).filter((made) => made === call).length;
  if (!hangs.some((at) => at.agent === agent && at.call === call && at.count === count && at.when === when)) return;
  writeFileSync(file(agent, 'hanging'), call);
  await new Promise(() => setInterval(() => undefined, 1_000));
}

/** One call: noted, hung if asked, its effect noted only if it changed something. */
function activity(call, target) {
  return async ({ agent }) => {
    appendFileSync(file(agent, 'calls'), `${call}\n`);
    await hang(agent, call, 'before');
    if (stateOf(agent) !== target) {
      writeFileSync(file(agent, 'state'), target);
      appendFileSync(file(agent, 'effects'), `${call}\n`);
    }
    await hang(agent, call, 'after');
    return { pid: null };
  };
}

/** The agent's own new credential: its effect is noted only if it is another one. */
async function reloadCredential({ agent, subscription }) {
  appendFileSync(file(agent, 'calls'), 'reload\n');
  await hang(agent, 'reload', 'before');
  const effect = `reload ${subscription.name}`;
  if (lines(file(agent, 'effects')).at(-1) !== effect) appendFileSync(file(agent, 'effects'), `${effect}\n`);
  await hang(agent, 'reload', 'after');
  return { reloaded: true, why: null };
}

async function main() {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath },
    activities: {
      wakeResource: activity('wake', 'running'),
      suspendResource: activity('suspend', 'paused'),
      continueResource: activity('continue', 'running'),
      stopResource: activity('stop', 'stopped'),
      destroyResource: activity('destroy', 'absent'),
      reloadCredential,
      inspectResource: async ({ agent }) => ({ state: stateOf(agent), exitCode: null, pid: null, detail: null }),
    },
  });
  await worker.run();
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
