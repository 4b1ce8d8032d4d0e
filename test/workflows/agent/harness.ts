/** Agents in tests: their workflow started over a provider in memory, beaten, commanded and watched. */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { delivering } from '../../../src/activities/turns/delivery';
import { createSignalActivities } from '../../../src/activities/signals';
import { Calls } from '../../../src/client/temporal/calls';
import type { TurnActivities, TurnCall } from '../../../src/contract/activities';
import type {
  AgentCommand,
  AgentCommandOptions,
  AgentInput,
  AgentSpec,
  AgentView,
  CommandResult,
  Heartbeat,
} from '../../../src/contract/agent';
import type { TurnOutcome, TurnRequest } from '../../../src/contract/agent/turns';
import { DESCRIBE, AGENT_WORKFLOW, agentWorkflowId } from '../../../src/contract/names';
import type { TestEnv } from '../../support/env';
import { MemoryProvider } from '../../support/memory-provider';
import { PATIENCE_MS } from '../../support/patience';
import { type TestWorkerOptions, withWorker } from '../../support/worker';
import { turnRequest } from '../../support/turn-request';

/** A refused or failed command as its caller sees it. */
export interface Refused {
  readonly code: string;
  readonly message: string;
  readonly details: Record<string, unknown>;
}

/** One signal that a mailbox got. */
export interface Mail {
  readonly signal: string;
  readonly argument: unknown;
}

/** Parts that a world of agents may receive, so that it outlives a server. */
export interface Surroundings {
  readonly provider: MemoryProvider;
  readonly fleet: string;
}

/** How a test's agents take turns; the call is aborted never, so it must end. */
export type TakeTurn = (call: TurnCall) => Promise<TurnOutcome>;

/** An agent under test. */
export class TestAgent {
  readonly id: string;
  readonly world: AgentWorld;
  readonly fleet: string;
  readonly name: string;

  constructor(world: AgentWorld, fleet: string, name: string) {
    this.world = world;
    this.fleet = fleet;
    this.name = name;
    this.id = agentWorkflowId(fleet, name);
  }

  get handle(): WorkflowHandle {
    return this.world.env.client.workflow.getHandle(this.id);
  }

  view(): Promise<AgentView> {
    return this.handle.query<AgentView>(DESCRIBE);
  }

  /** A command that must be accepted; `Unavailable` is asked again, as the client does. */
  async send<C extends AgentCommand>(
    command: C,
    options?: AgentCommandOptions[C],
    updateId?: string,
  ): Promise<CommandResult> {
    const whole = { args: [options] as [unknown], ...(updateId === undefined ? {} : { updateId }) };
    for (;;) {
      try {
        return await this.handle.executeUpdate<CommandResult, [unknown]>(command, whole);
      } catch (error) {
        if (refusalOf(error).code !== 'Unavailable') throw error;
      }
    }
  }

  /** A command that must be refused, or whose effect must fail. */
  async refused<C extends AgentCommand>(command: C, options?: AgentCommandOptions[C]): Promise<Refused> {
    return this.send(command, options).then(
      (result) => {
        throw new Error(`${command} was accepted: ${JSON.stringify(result)}`);
      },
      (error: unknown) => refusalOf(error),
    );
  }

  async beat(status: Heartbeat['status'] = 'ready', more: Partial<Heartbeat> = {}): Promise<void> {
    const instanceId = more.instanceId ?? (await this.view()).instanceId;
    if (instanceId === null) throw new Error(`${this.id} has no instance yet`);
    await this.handle.signal('heartbeat', { instanceId, status, endpoint: 'http://127.0.0.1:1/', ...more });
  }

  /** Waits in real time until the view is as wished. */
  async until(wished: (view: AgentView) => boolean): Promise<AgentView> {
    return eventually(() => this.view(), wished);
  }

  /** Started, beaten, ready. */
  async ready(): Promise<AgentView> {
    await this.until((view) => view.runtime === 'running');
    await this.beat('ready');
    return this.until((view) => view.liveness === 'ready');
  }
}

/** Polls `read` until `wished`; the last value is in the error. */
export async function eventually<T>(read: () => Promise<T>, wished: (value: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (wished(value)) return value;
    if (Date.now() > end) throw new Error(`never as wished; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The refusal in an update's failure. */
export function refusalOf(error: unknown): Refused {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
  const { type, message, details } = error.cause;
  return { code: type ?? '', message, details: (details?.[0] ?? {}) as Record<string, unknown> };
}

/** A worker, a provider in memory, and the agents of one test. */
export class AgentWorld {
  readonly env: TestEnv;
  readonly taskQueue: string;
  readonly provider: MemoryProvider;
  readonly fleet: string;
  takeTurn: TakeTurn = async (call) => ({ reply: { action: 'final', response: call.request.turnId } });
  readonly taken: TurnCall[] = [];

  constructor(env: TestEnv, taskQueue: string, { provider, fleet }: Surroundings) {
    this.env = env;
    this.taskQueue = taskQueue;
    this.provider = provider;
    this.fleet = fleet;
  }

  /** Starts an agent's workflow over a resource that exists. */
  async start(name = 'a', spec: Partial<AgentSpec> = {}, input: Partial<AgentInput> = {}): Promise<TestAgent> {
    const agent = new TestAgent(this, this.fleet, name);
    const whole = this.input(name, spec, input);
    const { fleet, key } = whole;
    const { resourceId } = await this.provider.activities.createResource({
      fleet,
      agent: name,
      provider: 'memory',
      spec: whole.spec,
      resourceId: null,
      key,
    });
    await this.env.client.workflow.start(AGENT_WORKFLOW, {
      workflowId: agent.id,
      taskQueue: this.taskQueue,
      args: [{ ...whole, resourceId }],
    });
    return agent;
  }

  input(name: string, spec: Partial<AgentSpec> = {}, input: Partial<AgentInput> = {}): AgentInput {
    return {
      v: 1,
      fleet: this.fleet,
      agent: name,
      incarnation: 'i1',
      revision: 1,
      spec: { name, provider: 'memory', ...spec },
      resourceId: null,
      key: `inst.i1.1.${this.fleet}.${name}`,
      holds: [],
      ...input,
    };
  }

  /** A workflow that keeps every signal it gets in its history: an `external` agent, which knows none of a branch's signals. */
  async mailbox(name = 'mailbox'): Promise<TestAgent> {
    const agent = new TestAgent(this, this.fleet, name);
    await this.env.client.workflow.start(AGENT_WORKFLOW, {
      workflowId: agent.id,
      taskQueue: this.taskQueue,
      args: [{ v: 1, fleet: this.fleet, agent: name }],
    });
    return agent;
  }

  async mail(box: TestAgent): Promise<Mail[]> {
    const { events } = await box.handle.fetchHistory();
    return (events ?? []).flatMap((event) => {
      const signalled = event.workflowExecutionSignaledEventAttributes;
      const data = signalled?.input?.payloads?.[0]?.data;
      if (signalled?.signalName === undefined || signalled.signalName === null || !data) return [];
      return [{ signal: signalled.signalName, argument: JSON.parse(Buffer.from(data).toString('utf8')) as unknown }];
    });
  }

  turn(agent: TestAgent, turnId: string, more: Partial<TurnRequest> = {}): TurnRequest {
    return turnRequest(turnId, { agent: agent.name, ...more });
  }

  async ask(agent: TestAgent, replyTo: TestAgent, turnId: string, more: Record<string, unknown> = {}): Promise<void> {
    await agent.handle.signal('turnRequested', {
      turnId,
      replyTo: replyTo.id,
      request: this.turn(agent, turnId),
      ...more,
    });
  }
}

/** A turn that lasts until its activity is cancelled, as the real one notices it: by heartbeats. */
export async function untilCancelled(): Promise<TurnOutcome> {
  const context = Context.current();
  const beating = setInterval(() => {
    context.heartbeat();
  }, 100);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beating);
  }
}

/** An empty provider and an unused fleet name. */
export function freshSurroundings(): Surroundings {
  return { provider: new MemoryProvider(), fleet: `f-${randomUUID().slice(0, 8)}` };
}

/** Runs a test in a world of its own. */
export async function withAgents(
  env: TestEnv,
  test: (world: AgentWorld) => Promise<void>,
  { surroundings = freshSurroundings(), ...options }: Partial<TestWorkerOptions> & { surroundings?: Surroundings } = {},
): Promise<void> {
  const { provider } = surroundings;
  const turns: { world?: AgentWorld } = {};
  const takeTurn: TurnActivities['takeTurn'] = async (call) => {
    turns.world?.taken.push(call);
    return turns.world?.takeTurn(call) ?? { error: { code: 'Internal', message: 'the test is over' } };
  };
  const calls = new Calls(env.client);
  const taking = delivering({ signals: createSignalActivities(calls), calls, lookEveryMs: 1_000 }, { takeTurn });
  await withWorker(
    { env, ...options, activities: { ...provider.activities, ...taking, ...options.activities } },
    async (taskQueue) => {
      const world = new AgentWorld(env, taskQueue, surroundings);
      turns.world = world;
      await test(world);
    },
  );
}
