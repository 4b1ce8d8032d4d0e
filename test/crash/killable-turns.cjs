/**
 * A worker in a process of its own, to be killed with -9 while it takes turns: `node killable-turns.cjs ADDRESS QUEUE BUNDLE SECRET`. Workflows and
 * the turn activity are the real ones; the agents are elsewhere, and outlive it.
 */
require('../support/register-ts.cjs');
const { DefaultLogger, NativeConnection, Runtime, Worker } = require('@temporalio/worker');
const { Client, Connection } = require('@temporalio/client');
const { delivering } = require('../../src/activities/turns/delivery.ts');
const { createSignalActivities } = require('../../src/activities/signals.ts');
const { createTurnActivities } = require('../../src/activities/turns/turns.ts');
const { Calls } = require('../../src/client/temporal/calls.ts');
const { queues } = require('../../src/contract/names.ts');

const [address, taskQueue, codePath, agentSecret] = process.argv.slice(2);

/** An external agent has nothing that a provider could do to it. */
const provider = {
  wakeResource: async () => ({ pid: null }),
  inspectResource: async () => ({ state: 'running', exitCode: null, pid: null, detail: null }),
};

async function main() {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  const client = new Client({ connection: await Connection.connect({ address }) });
  const signals = createSignalActivities(new Calls(client));
  const turns = delivering(signals, createTurnActivities({ agentSecret }));
  const activities = { ...provider, ...signals, ...turns };
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue, workflowBundle: { codePath }, activities }),
    Worker.create({ connection, taskQueue: queues.turns(taskQueue), activities }),
  ]);
  await Promise.all(workers.map((worker) => worker.run()));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
