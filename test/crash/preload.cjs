/**
 * Loaded into a real `drover worker` or `drover up` by NODE_OPTIONS: at the n-th call of a provider's operation, or of an activity that
 * asks Temporal, before its effect or between the effect and its answer, the whole process is killed with -9 or a workflow is
 * terminated. The point is a file (DROVER_CRASH_POINT), so that the process may live a while before it is armed; it is used once.
 */
const { readFileSync, renameSync } = require('node:fs');

const file = process.env['DROVER_CRASH_POINT'];
const isDrover = /drover\.js$/.test(process.argv[1] ?? '');
let calls = 0;

function armed() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function reach(call, when) {
  const point = armed();
  if (point?.call !== call || point.when !== when) return;
  calls += 1;
  if (calls !== point.nth) return;
  renameSync(file, `${file}.hit`);
  if (point.how === 'kill') process.kill(process.pid, 'SIGKILL');
  else await terminate(point);
}

async function terminate({ address, workflowId }) {
  const { Client, Connection } = require('@temporalio/client');
  const connection = await Connection.connect({ address });
  await new Client({ connection }).workflow.getHandle(workflowId).terminate('crash');
  await connection.close();
}

function around(call, effect) {
  return async function (...args) {
    await reach(call, 'before');
    const answer = await effect.apply(this, args);
    await reach(call, 'after');
    return answer;
  };
}

if (file && isDrover) {
  const { ProcessProvider } = require('../../dist/providers/process');
  const { DockerProvider } = require('../../dist/providers/docker');
  const fleet = require('../../dist/activities/fleet/fleet');
  for (const { prototype } of [ProcessProvider, DockerProvider]) {
    for (const call of ['create', 'wake', 'destroy', 'suspend', 'continue'])
      prototype[call] = around(call, prototype[call]);
  }
  const create = fleet.createFleetActivities;
  fleet.createFleetActivities = (dependencies) => {
    const activities = create(dependencies);
    for (const call of ['ensureAgent', 'retireAgent', 'setHold']) activities[call] = around(call, activities[call]);
    return activities;
  };
}
