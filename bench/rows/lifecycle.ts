/** Agents: start, beat, command, refuse. */
import type { UpdateDefinition } from '@temporalio/common';
import { DroverError } from '../../src/contract/errors';
import { bareEffect, bareEnd, bareEntity, bareQuery, bareRefused, bareSignal, bareUpdate } from '../bare';
import { type Row, type Sides, medianMs, rate } from '../harness';
import { inParallel } from '../../src/lib/in-parallel';
import { BARE_QUEUE, type Stage, endAgents, fresh, readyAgent, startAgent } from '../stage';

const names = (count: number): string[] => Array.from({ length: count }, () => fresh('a'));

/** Rates and times of one agent's life. */
export function lifecycleRows(stage: Stage): Row[] {
  const { temporal, drover } = stage;
  const startBare = (workflowId: string) => temporal.workflow.start(bareEntity, { workflowId, taskQueue: BARE_QUEUE });
  const bareEntities = async (count: number): Promise<string[]> => {
    const ids = names(count);
    await inParallel(ids, 20, startBare);
    return ids;
  };
  const endBare = (ids: readonly string[]) =>
    inParallel(ids, 20, (id) => temporal.workflow.getHandle(id).signal(bareEnd));

  const commands = async (update: UpdateDefinition<unknown>): Promise<Sides> => {
    const fleet = fresh('command');
    const [agent = ''] = names(1);
    await readyAgent(stage, fleet, agent, 'memory');
    const [id = ''] = await bareEntities(1);
    let isPaused = false;
    return {
      drover: () =>
        medianMs(30, () => {
          isPaused = !isPaused;
          return drover.agents.command({ fleet, agent }, isPaused ? 'pause' : 'resume', {}, { wait: true });
        }),
      bare: () => medianMs(30, () => temporal.workflow.getHandle(id).executeUpdate(update)),
      async end() {
        await endAgents(stage, fleet, [agent]);
        await endBare([id]);
      },
    };
  };

  return [
    {
      name: 'start',
      what: 'an agent until it answers a query, against a bare workflow with one signal and one query',
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.7 },
      async prepare() {
        return {
          async drover() {
            const fleet = fresh('start');
            const agents = names(100);
            const done = await rate(100, () =>
              inParallel(agents, 20, async (agent) => {
                await startAgent(stage, fleet, agent, 'external');
                await drover.agents.describe({ fleet, agent });
              }),
            );
            await endAgents(stage, fleet, agents);
            return done;
          },
          async bare() {
            const ids = names(100);
            const done = await rate(100, () =>
              inParallel(ids, 20, async (id) => {
                const handle = await startBare(id);
                await handle.query(bareQuery);
              }),
            );
            await endBare(ids);
            return done;
          },
        };
      },
    },
    {
      name: 'beat',
      what: 'renewals over 300 agents, against bare signals over 300 workflows',
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.8 },
      async prepare() {
        const fleet = fresh('beat');
        const agents = names(300);
        await inParallel(agents, 20, (agent) => readyAgent(stage, fleet, agent, 'external'));
        const ids = await bareEntities(300);
        return {
          drover: () =>
            rate(600, () =>
              inParallel([...agents, ...agents], 30, (agent) =>
                drover.agents.heartbeat({ fleet, agent }, { instanceId: agent, status: 'ready' }),
              ),
            ),
          bare: () =>
            rate(600, () =>
              inParallel([...ids, ...ids], 30, (id) =>
                temporal.workflow.getHandle(id).signal(bareSignal, { instanceId: id, status: 'ready' }),
              ),
            ),
          async end() {
            await endAgents(stage, fleet, agents);
            await endBare(ids);
          },
        };
      },
    },
    {
      name: 'command',
      what: 'pause and resume over a provider in memory, p50 of each, against a bare accepted update',
      unit: 'ms',
      target: { of: 'ratio', atMost: 2 },
      prepare: () => commands(bareUpdate),
    },
    {
      name: 'command-effect',
      what: 'the same, against a bare update that runs an activity',
      unit: 'ms',
      target: { of: 'ratio', atMost: 2 },
      prepare: () => commands(bareEffect),
    },
    {
      name: 'refuse',
      what: 'refused resumes, against an update refused by a bare validator',
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.8 },
      rounds: 15,
      async prepare() {
        const fleet = fresh('refuse');
        const [agent = ''] = names(1);
        await readyAgent(stage, fleet, agent, 'memory');
        const [id = ''] = await bareEntities(1);
        const times = Array.from({ length: 150 }, () => id);
        return {
          drover: () =>
            rate(150, () =>
              inParallel(times, 3, () =>
                refused(
                  drover.agents.command({ fleet, agent }, 'resume', {}),
                  (error) => error instanceof DroverError && error.code === 'ResumeStateError',
                ),
              ),
            ),
          bare: () =>
            rate(150, () =>
              inParallel(times, 3, () =>
                refused(temporal.workflow.getHandle(id).executeUpdate(bareRefused), (error) => error instanceof Error),
              ),
            ),
          async end() {
            await endAgents(stage, fleet, [agent]);
            await endBare([id]);
          },
        };
      },
    },
  ];
}

async function refused(call: Promise<unknown>, isRefusal: (error: unknown) => boolean): Promise<void> {
  const isRefused = await call.then(
    () => false,
    (error: unknown) => {
      if (isRefusal(error)) return true;
      throw error;
    },
  );
  if (!isRefused) throw new Error('it was accepted');
}
