/** What a cached workflow costs its worker. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { bareEntity, bareQuery } from '../bare';
import { type Row } from '../harness';
import { inParallel } from '../../src/lib/in-parallel';
import { type Stage, fresh, startAgent } from '../stage';

const CACHED = 500;

/** A worker process with an empty cache. */
async function startWorker(address: string, queue: string, bundle: string): Promise<ChildProcess> {
  const script = join(__dirname, '../cached-worker.js');
  const stdio: ('ignore' | 'ipc')[] = ['ignore', 'ignore', 'ignore', 'ipc'];
  const child = spawn(process.execPath, ['--expose-gc', script, address, queue, bundle], { stdio });
  await told(child);
  return child;
}

function told(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => {
      reject(new Error('the worker ended early'));
    });
  });
}

/** The resident set, in MB, of a worker that has 500 workflows in its cache. */
export function memoryRows(stage: Stage): Row[] {
  return [
    {
      name: 'memory',
      what: `a worker's resident set with ${String(CACHED)} cached agents, against one with as many bare workflows`,
      unit: 'MB',
      target: { of: 'ratio', atMost: 1.5 },
      async prepare() {
        const names = () => Array.from({ length: CACHED }, () => fresh('m'));

        async function measured(
          bundle: string,
          start: (queue: string, name: string) => Promise<{ readonly workflowId: string; readonly query: string }>,
        ): Promise<number> {
          const queue = fresh('memory');
          const worker = await startWorker(stage.address, queue, bundle);
          const ids: string[] = [];
          await inParallel(names(), 20, async (name) => {
            const { workflowId, query } = await start(queue, name);
            await stage.temporal.workflow.getHandle(workflowId).query(query);
            ids.push(workflowId);
          });
          worker.send('measure');
          const mb = Number(await told(worker));
          await inParallel(ids, 20, (id) => stage.temporal.workflow.getHandle(id).terminate('bench'));
          const ended = new Promise((resolve) => worker.once('exit', resolve));
          worker.send('stop');
          await ended;
          return mb;
        }

        return {
          drover: () =>
            measured(stage.bundles.drover, async (queue, agent) => {
              const workflowId = await startAgent(stage, queue, agent, 'external', queue);
              return { workflowId, query: 'describe' };
            }),
          bare: () =>
            measured(stage.bundles.bare, async (taskQueue, workflowId) => {
              await stage.temporal.workflow.start(bareEntity, { workflowId, taskQueue });
              return { workflowId, query: bareQuery.name };
            }),
        };
      },
    },
  ];
}
