/** Agents with a pool in tests: who was woken and given which credential, the events, and what the pool knows. */
import { randomUUID } from 'node:crypto';
import { Agents } from '../../../src/client/agents/agents';
import { Calls } from '../../../src/client/temporal/calls';
import type { CredentialCall, CredentialResult, RaiseCall } from '../../../src/contract/activities';
import type { AgentSpec, AgentView, CommandResult } from '../../../src/contract/agent';
import { describePool, poolUpdates } from '../../../src/contract/pool/messages';
import { POOL_WORKFLOW, poolWorkflowId } from '../../../src/contract/names';
import type { PoolView } from '../../../src/contract/pool';
import type { FailureReport } from '../../../src/contract/agent/subscription';
import type { TestEnv } from '../../support/env';
import { type AgentWorld, type TestAgent, eventually, withAgents } from './harness';

/** How agents of a test take a new credential. */
export type Reload = (call: CredentialCall) => Promise<CredentialResult>;

/** A pool and what happens around it. */
export class SubscriptionWorld {
  readonly world: AgentWorld;
  readonly pool = `p-${randomUUID().slice(0, 8)}`;
  readonly agents: Agents;
  readonly reloads: CredentialCall[] = [];
  readonly raised: RaiseCall[] = [];
  /** The settings that all agents of the test share. */
  spec: Partial<AgentSpec> = {};
  reload: Reload = async () => ({ reloaded: true, why: null });

  constructor(world: AgentWorld) {
    this.world = world;
    this.agents = new Agents(new Calls(world.env.client));
  }

  get handle() {
    return this.world.env.client.workflow.getHandle(poolWorkflowId(this.pool));
  }

  async startPool(names: readonly string[], more: object = {}): Promise<void> {
    await this.world.env.client.workflow.start(POOL_WORKFLOW, {
      workflowId: poolWorkflowId(this.pool),
      taskQueue: this.world.taskQueue,
      args: [{ v: 1, pool: this.pool, credentials: credentials(names), ...more }],
    });
  }

  view(): Promise<PoolView> {
    return this.handle.query(describePool);
  }

  configure(names: readonly string[]): Promise<PoolView> {
    return this.handle.executeUpdate(poolUpdates.configure, { args: [{ credentials: credentials(names) }] });
  }

  reset(credential?: string): Promise<PoolView> {
    return this.handle.executeUpdate(poolUpdates.reset, { args: [credential === undefined ? {} : { credential }] });
  }

  /** An agent of the pool whose webhook wants every event; started, beaten and ready on its first credential. */
  async ready(name: string, settings: Partial<AgentSpec['subscription']> = {}, more: object = {}): Promise<TestAgent> {
    const agent = await this.start(name, settings, more);
    await agent.ready();
    return agent;
  }

  start(name: string, settings: Partial<AgentSpec['subscription']> = {}, more: object = {}): Promise<TestAgent> {
    const notify = [{ url: 'http://127.0.0.1:1/hook' }];
    const spec = { subscription: { pool: this.pool, ...settings }, notify, ...this.spec };
    return this.world.start(name, spec, more);
  }

  /** A report as HTTP and services send it; of a rate limit unless it says otherwise. */
  report(agent: TestAgent, report: Partial<FailureReport> & { readonly subscription: string }): Promise<CommandResult> {
    return this.agents.reportFailure({ fleet: agent.fleet, agent: agent.name }, { kind: 'rate_limit', ...report });
  }

  /** The credentials that an agent was woken with, as `name#assignment`, in order. */
  wakes(agent: TestAgent): string[] {
    const calls = this.world.provider.calls.filter(
      ({ call, agent: name }) => call === 'wakeResource' && name === agent.name,
    );
    return calls.map(({ subscription }) =>
      subscription ? `${subscription.name}#${String(subscription.assignment)}` : 'none',
    );
  }

  /** Waits until the agent is on this credential and works. */
  on(agent: TestAgent, name: string): Promise<AgentView> {
    return agent.until((view) => view.subscription?.name === name && view.status === 'running' && view.why === null);
  }

  /** `from > to: result` of every reported switch, for one agent or for all. */
  switches(agent?: TestAgent): string[] {
    return this.raised
      .filter(({ event }) => event.type === 'subscription.switched')
      .filter(({ event }) => agent === undefined || event.data['agent'] === `${agent.fleet}/${agent.name}`)
      .map(({ event: { data } }) => `${String(data['from'])} > ${String(data['to'])}: ${String(data['result'])}`);
  }

  /** The same, once there are so many. */
  told(count: number): Promise<string[]> {
    return eventually(
      async () => this.switches(),
      (switches) => switches.length >= count,
    );
  }

  /** Its decisions about switches. */
  async decisions(agent: TestAgent): Promise<string[]> {
    const { decisions = [] } = await agent.view();
    return decisions.filter(({ by }) => by === 'subscription').map(({ what, why }) => `${what}: ${why ?? ''}`);
  }

  /** `credential: agents` as the pool sees them. */
  async assigned(): Promise<Record<string, readonly string[]>> {
    const view = await this.view();
    return Object.fromEntries(
      view.credentials.map(({ name, agents }) => [name, agents.map((agent) => agent.split('/')[1] ?? '')]),
    );
  }

  /** Waits until this many failures have reached the pool. */
  async counted(failures: number): Promise<PoolView> {
    const count = (view: PoolView) => view.credentials.reduce((sum, one) => sum + one.failuresInWindow, 0);
    return eventually(
      () => this.view(),
      (view) => count(view) === failures,
    );
  }
}

/** Credentials by name, each with a reference of its own. */
export function credentials(names: readonly string[]): { name: string; secret: string }[] {
  return names.map((name) => ({ name, secret: `env:SECRET_${name.toUpperCase()}` }));
}

/** Runs a test with a pool of these credentials. */
export async function withPool(
  env: TestEnv,
  names: readonly string[],
  test: (world: SubscriptionWorld) => Promise<void>,
): Promise<void> {
  const holder: { world?: SubscriptionWorld } = {};
  const running = (): SubscriptionWorld => {
    if (!holder.world) throw new Error('the test has not begun');
    return holder.world;
  };
  const activities = {
    reloadCredential: (call: CredentialCall) => {
      running().reloads.push(call);
      return running().reload(call);
    },
    raiseEvent: async (call: RaiseCall) => {
      running().raised.push(call);
    },
  };
  await withAgents(
    env,
    async (world) => {
      holder.world = new SubscriptionWorld(world);
      await holder.world.startPool(names);
      await test(holder.world);
    },
    { activities },
  );
}
