/** Fleets in tests: real fleet, provision and agent workflows over a provider in memory, whose agents beat as soon as they are woken. */
import { randomUUID } from 'node:crypto';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { createFleetActivities } from '../../../src/activities/fleet/fleet';
import { Calls } from '../../../src/client/temporal/calls';
import { Fleets } from '../../../src/client/fleets/fleets';
import type { TurnActivities } from '../../../src/contract/activities';
import type { AgentSpec, AgentView } from '../../../src/contract/agent';
import type { ApplyRequest, ChangeView, FleetSpec, FleetView } from '../../../src/contract/fleet';
import {
  DESCRIBE,
  agentWorkflowId,
  FLEET_WORKFLOW,
  fleetWorkflowId,
  provisionWorkflowId,
} from '../../../src/contract/names';
import { INSTALLATION } from '../../support/installation';
import type { TestEnv } from '../../support/env';
import { PATIENCE_MS } from '../../support/patience';
import { MemoryProvider, type ProviderHook } from '../../support/memory-provider';
import { type TestWorkerOptions, withWorker } from '../../support/worker';
import { eventually } from '../agent/harness';

/** An agent of the provider in memory, which only the sandbox and tests know. */
export function memory(name: string, more: Partial<AgentSpec> = {}): AgentSpec {
  return { name, provider: 'memory', ...more };
}

/** A fleet of such agents. */
export function fleetOf(names: readonly string[], more: Partial<FleetSpec> = {}): FleetSpec {
  return { agents: names.map((name) => memory(name)), ...more };
}

/** One fleet with all that is around it. */
export class FleetWorld {
  readonly env: TestEnv;
  readonly taskQueue: string;
  readonly provider: MemoryProvider;
  readonly fleets: Fleets;
  readonly fleet = `f-${randomUUID().slice(0, 8)}`;

  constructor(env: TestEnv, taskQueue: string, provider: MemoryProvider) {
    this.env = env;
    this.taskQueue = taskQueue;
    this.provider = provider;
    this.fleets = new Fleets(new Calls(env.client), taskQueue);
  }

  get handle(): WorkflowHandle {
    return this.env.client.workflow.getHandle(fleetWorkflowId(this.fleet));
  }

  saga(revision = 1): WorkflowHandle {
    return this.env.client.workflow.getHandle(provisionWorkflowId(this.fleet, revision));
  }

  view(): Promise<FleetView> {
    return this.handle.query<FleetView>(DESCRIBE);
  }

  agent(name: string): Promise<AgentView> {
    return this.env.client.workflow.getHandle(agentWorkflowId(this.fleet, name)).query<AgentView>(DESCRIBE);
  }

  /** Starts the fleet's workflow with settings that only tests have. */
  async start(settings: { continueAfterEvents?: number; agentsPerPart?: number }): Promise<void> {
    const { taskQueue, fleet } = this;
    const workflowId = fleetWorkflowId(fleet);
    await this.env.client.workflow.start(FLEET_WORKFLOW, {
      workflowId,
      taskQueue,
      args: [{ v: 1, fleet, ...settings }],
    });
  }

  /** Applies a spec and waits for its end. */
  async apply(spec: FleetSpec, more: Partial<ApplyRequest> = {}): Promise<ChangeView> {
    const { changeId, revision } = await this.fleets.apply(this.fleet, { spec, ...more });
    if (changeId === null) throw new Error('nothing differs');
    return this.ended(changeId, revision);
  }

  ended(changeId: string, revision: number): Promise<ChangeView> {
    return this.fleets.follow(this.fleet, { changeId, revision }, { timeoutMs: PATIENCE_MS });
  }

  async destroy(): Promise<ChangeView> {
    const { changeId, revision } = await this.fleets.destroy(this.fleet);
    return this.ended(changeId ?? '', revision);
  }

  /** Names of the agents whose resources exist, and how many resources there are in all. */
  held(): string[] {
    return [...this.provider.resources.values()].map(({ agent }) => agent).sort();
  }

  /** Waits until the saga is there and its view as wished. */
  async changeUntil(wished: (view: ChangeView) => boolean, revision = 1): Promise<ChangeView> {
    const read = async (): Promise<ChangeView | null> => {
      try {
        return await this.saga(revision).query<ChangeView>(DESCRIBE);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    };
    const view = await eventually(read, (seen) => seen !== null && wished(seen));
    if (view === null) throw new Error('no saga runs');
    return view;
  }
}

/** Changes of a test to its world. */
export interface WorldOptions extends Partial<TestWorkerOptions> {
  /** Agents that never beat. */
  readonly silent?: readonly string[];
  readonly before?: ProviderHook;
  readonly after?: ProviderHook;
  /** How agents take turns, where a test has them take any. */
  readonly takeTurn?: TurnActivities['takeTurn'];
  /** Activities beside those of the provider and the fleet. */
  readonly moreActivities?: object;
}

/** Runs a test in a world of its own. */
export async function withFleet(
  env: TestEnv,
  test: (world: FleetWorld) => Promise<void>,
  { silent = [], before, after, takeTurn, moreActivities, ...options }: WorldOptions = {},
): Promise<void> {
  const beat: ProviderHook = async ({ call, agent, fleet, key }) => {
    if (call !== 'wakeResource' || silent.includes(agent)) return;
    const instanceId = provider.resources.get(key)?.instanceId;
    const handle = env.client.workflow.getHandle(agentWorkflowId(fleet, agent));
    await handle.signal('heartbeat', { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/' });
  };
  const provider = new MemoryProvider({
    ...(before ? { before } : {}),
    after: async (call, count) => {
      await after?.(call, count);
      await beat(call, count);
    },
  });
  const calls = new Calls(env.client);
  const activities = {
    ...provider.activities,
    checkAgents: async () => ({ unmet: [] }),
    ...createFleetActivities({ calls, installation: INSTALLATION, host: 'here' }),
    ...(takeTurn ? { takeTurn } : {}),
    ...moreActivities,
  };
  await withWorker({ env, activities, ...options }, async (taskQueue) =>
    test(new FleetWorld(env, taskQueue, provider)),
  );
}
