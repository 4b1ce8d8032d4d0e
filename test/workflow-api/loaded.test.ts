/** The modules that a process loads with `drover/workflow`, as an installed package gives it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

/** The files that a plain Node process has loaded after an import of the package's entry, relative to the package. */
function loadedBy(entry: string): string[] {
  const script = `require(${JSON.stringify(entry)}); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const files = JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })) as string[];
  return files.map((file) => file.slice(root.length + 1));
}

test('drover/workflow loads no worker, no client, no schemas and no rules', () => {
  const files = loadedBy('drover/workflow');
  const packages = files.flatMap((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  expect(packages).toContain('@temporalio/workflow');
  for (const heavy of ['@temporalio/worker', '@temporalio/core-bridge', '@temporalio/client', '@grpc/grpc-js', 'zod'])
    expect(packages).not.toContain(heavy);
  const own = files.filter((file) => file.startsWith('dist/')).map((file) => file.split('/')[1]);
  expect([...new Set(own)].sort()).toEqual(['contract', 'workflow-api', 'workflows']);
});

test('its definitions carry the names on the wire', () => {
  const script = `
    const { agentUpdates, agentSignals, agentWorkflowId, describeRun, ERRORS, SEARCH_ATTRIBUTES } = require('drover/workflow');
    console.log(JSON.stringify([agentWorkflowId('mars', 'AgentA'), agentUpdates.pause, agentSignals.heartbeat, describeRun,
      ERRORS.AgentNotFound.http, SEARCH_ATTRIBUTES.DroverFleet]));`;
  const [id, pause, heartbeat, describeRun, http, fleet] = JSON.parse(
    execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }),
  ) as unknown[];
  expect([id, http, fleet]).toEqual(['agent/mars/AgentA', 404, 'Keyword']);
  expect(pause).toMatchObject({ type: 'update', name: 'pause' });
  expect(heartbeat).toMatchObject({ type: 'signal', name: 'heartbeat' });
  expect(describeRun).toMatchObject({ type: 'query', name: 'describe' });
});
