/** Fleets and runs: provision, turn. */
import type { FleetSpec } from '../../src/contract/fleet';
import { RUN_WORKFLOW, runWorkflowId } from '../../src/contract/names';
import type { RunInput, RunResult } from '../../src/contract/run';
import { bareProvision, bareTurns } from '../bare';
import { type Row, rate } from '../harness';
import { inParallel } from '../../src/lib/in-parallel';
import { BARE_QUEUE, QUEUE, type Stage, endAgents, fresh, readyAgent } from '../stage';

const AGENTS = 200;
/** The default of a fleet file. */
const AT_ONCE = 16;
const BRANCHES = 60;
const WORKERS = 20;

/** Rates of agents provisioned and turns taken. */
export function fleetRows(stage: Stage): Row[] {
  const { temporal, drover, provider } = stage;
  return [
    {
      name: 'provision',
      what: `${String(AGENTS)} agents over a provider in memory, against two bare activities and a bare child start each`,
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.5 },
      rounds: 5,
      async prepare() {
        return {
          async drover() {
            const fleet = fresh('fleet');
            provider.after = async (call) => {
              if (call.call !== 'wakeResource' || call.fleet !== fleet) return;
              const { instanceId } = provider.of(call.agent) ?? {};
              await drover.agents.heartbeat(
                { fleet, agent: call.agent },
                { instanceId: instanceId ?? '', status: 'ready' },
              );
            };
            const spec: FleetSpec = {
              agents: Array.from({ length: AGENTS }, () => ({
                name: fresh('p'),
                provider: 'docker',
                docker: { image: 'none' },
              })),
            };
            const done = await rate(AGENTS, async () => {
              const { revision, changeId } = await drover.fleets.apply(fleet, { spec });
              const change = await drover.fleets.follow(fleet, { revision, changeId: changeId ?? '' });
              if (change?.state !== 'done')
                throw new Error(`the change ended as ${String(change?.state)}: ${String(change?.error)}`);
            });
            provider.after = undefined;
            await endAgents(
              stage,
              fleet,
              spec.agents.map(({ name }) => name),
            );
            return done;
          },
          bare: () =>
            rate(AGENTS, () =>
              temporal.workflow.execute(bareProvision, {
                workflowId: fresh('bare-provision'),
                taskQueue: BARE_QUEUE,
                args: [AGENTS, AT_ONCE],
              }),
            ),
        };
      },
    },
    {
      name: 'turn',
      what: `${String(BRANCHES)} branches over ${String(WORKERS)} agents, against ${String(BRANCHES)} bare children with one activity each`,
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.5 },
      // Short rounds: many of them say more than five.
      rounds: 15,
      async prepare() {
        const fleet = fresh('turn');
        const workers = Array.from({ length: WORKERS }, () => fresh('w'));
        const lead = fresh('lead');
        await inParallel([lead, ...workers], 10, (agent) =>
          // They beat once.
          readyAgent(stage, fleet, agent, 'external', { liveness: { staleAfter: '1h' } }),
        );
        const targets = Array.from({ length: BRANCHES }, (_, index) => workers[index % WORKERS] ?? '');
        stage.answer = ({ agent, request }) => ({
          reply:
            agent === lead && request.input.kind === 'task'
              ? { action: 'invoke', invocations: targets.map((target) => ({ agent: target, request: 'work' })) }
              : { action: 'final', response: 'done' },
        });
        const topology = { flows: [`Start -> ${lead}`, ...workers.map((worker) => `${lead} <-> ${worker}`)] };
        return {
          drover: () =>
            rate(BRANCHES, async () => {
              const run = fresh('run');
              const input: RunInput = { v: 1, fleet, run, task: 'work', topology };
              const end: unknown = await temporal.workflow.execute(RUN_WORKFLOW, {
                workflowId: runWorkflowId(fleet, run),
                taskQueue: QUEUE,
                args: [input],
              });
              const { success, error } = end as RunResult;
              if (!success) throw new Error(`the run failed: ${String(error)}`);
            }),
          bare: () =>
            rate(BRANCHES, () =>
              temporal.workflow.execute(bareTurns, {
                workflowId: fresh('bare-turns'),
                taskQueue: BARE_QUEUE,
                args: [BRANCHES],
              }),
            ),
          end: () => endAgents(stage, fleet, [lead, ...workers]),
        };
      },
    },
  ];
}
