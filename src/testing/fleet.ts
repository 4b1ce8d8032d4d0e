/** A fleet under test: real workflows over agents in memory, on a server that skips time. */
import { randomBytes } from 'node:crypto';
import type { DroverClient, RunRequest } from '../client';
import type { AgentCommand, AgentCommandOptions, AgentView, CommandResult } from '../contract/agent';
import type { FailureReport } from '../contract/agent/subscription';
import type { Duration } from '../contract/values/duration';
import { DroverError } from '../contract/errors';
import type { DroverEvent } from '../contract/event';
import type { ChangeView, FleetSpec, FleetView } from '../contract/fleet';
import { agentWorkflowId, fleetWorkflowId, poolWorkflowId, runWorkflowId } from '../contract/names';
import type { PoolView } from '../contract/pool';
import type { RunResult, RunView } from '../contract/run';
import { applied, type AppliedChange, type Changing, followed } from './apply';
import type { CredentialFault } from './credentials';
import { mustBeDuration } from './durations';
import { checkedSpec } from './options';
import type { AgentProblem } from './problems';
import type { TestProvider } from './provider';
import type { OpenScene } from './scene';
import { isClosed, settle } from './server/settle';
import { checkNames } from './spec';

/** How a test ends. Both are on unless they are false. */
export interface CloseOptions {
  /** Replays every history that the test started; a history that does not replay is an error. */
  readonly replay?: boolean;
  /** A breach of the protocol by an agent is an error. */
  readonly problems?: boolean;
}

/** A run that a test has started. */
export interface TestRun {
  readonly run: string;
  /** Waits for its end while time passes. */
  result(): Promise<RunResult>;
  view(): Promise<RunView>;
}

/** A fleet under test. Its methods let simulated time pass while they wait. */
export class TestFleet {
  /** The fleet's name. */
  readonly name: string;
  /** Every operation of Drover; its calls do not let time pass. */
  readonly client: DroverClient;
  /** The provider in memory, with its calls, resources and faults. */
  readonly provider: TestProvider;
  readonly #scene: OpenScene;
  #lastRun: string | undefined;
  #isClosed = false;

  /** Use `testFleet`. */
  constructor(scene: OpenScene) {
    this.#scene = scene;
    this.name = scene.name;
    this.client = scene.client;
    this.provider = scene.provider;
  }

  /** The simulated time. */
  async now(): Promise<Date> {
    return new Date(await this.#scene.clock.now());
  }

  /** Lets this much time pass. Planned events happen at their times. */
  async skip(duration: Duration): Promise<void> {
    await this.#scene.clock.skip(mustBeDuration(duration));
  }

  /**
   * Plans a call at this offset from the start of the test. Throws `InvalidRequest` for a time that
   * has passed.
   *
   * @example
   * t.at('10m', () => t.crash('Writer'));
   */
  at(offset: Duration, act: () => unknown): void {
    const { clock, started } = this.#scene;
    clock.plan(started + mustBeDuration(offset), async () => void (await act()));
  }

  /** Waits for a promise of the test's own while time passes. */
  during<T>(work: Promise<T>): Promise<T> {
    return this.#scene.clock.during(work);
  }

  /** Lets time pass, second by second, until a condition on a value holds; returns the value. */
  async until<T>(read: () => T | Promise<T>, isSo: (value: T) => boolean, within: Duration = '1h'): Promise<T> {
    const { clock } = this.#scene;
    const end = (await clock.now()) + mustBeDuration(within);
    for (;;) {
      const value = await read();
      if (isSo(value)) return value;
      if ((await clock.now()) >= end)
        throw new DroverError(
          'Timeout',
          `the condition did not hold within ${within}; the last value: ${JSON.stringify(value)}`,
        );
      await clock.skip(1_000);
    }
  }

  /**
   * Changes the fleet to this specification, the given one unless told otherwise, and waits for the
   * end of the change. A failed change is a result too: look at `state` and `error`.
   */
  async apply(spec?: FleetSpec): Promise<AppliedChange> {
    const { given, agents, prepare } = this.#scene;
    const next = spec === undefined ? given : checkedSpec(spec);
    checkNames(next, agents);
    return applied(this.#changing, this.name, prepare(next));
  }

  /** Removes every agent and the fleet. */
  async destroy(): Promise<ChangeView> {
    const { revision, changeId } = await this.client.fleets.destroy(this.name);
    return followed(this.#changing, this.name, { changeId: changeId ?? '', revision });
  }

  /** Runs a task to its end. A task without an answer is a result with `success: false`. */
  async run(task: unknown, options: Omit<RunRequest, 'fleet' | 'task'> = {}): Promise<RunResult> {
    return (await this.start(task, options)).result();
  }

  /** Starts a run. */
  async start(task: unknown, options: Omit<RunRequest, 'fleet' | 'task'> = {}): Promise<TestRun> {
    const name = options.run ?? `run-${randomBytes(4).toString('hex')}`;
    const ref = await this.client.runs.start({ ...options, fleet: this.name, run: name, task });
    this.#lastRun = ref.run;
    this.#scene.runs.push(ref);
    const { client } = this.#scene.connected;
    const workflowId = runWorkflowId(ref.fleet, ref.run);
    const ended = async (): Promise<RunResult> => {
      // An end that is a failure of the workflow is translated by the second call.
      await client.workflow
        .getHandle(workflowId)
        .result()
        .catch(() => undefined);
      return this.client.runs.result(ref);
    };
    const result = () => this.#scene.clock.during(ended(), () => isClosed(client, workflowId));
    return { run: ref.run, result, view: () => this.client.runs.describe(ref) };
  }

  /** Answers the open question of the latest run, or of `run`. */
  async answer(value: unknown, run = this.#lastRun): Promise<RunView> {
    if (run === undefined) throw new DroverError('RunNotFound', 'no run has been started in this test');
    return this.during(this.client.runs.answer({ fleet: this.name, run }, value));
  }

  /** An agent as its own workflow sees it, after everything that it can do at this moment. */
  async agent(name: string): Promise<AgentView> {
    await this.#scene.population.beat(this.name, name);
    await this.#settled([agentWorkflowId(this.name, name)]);
    return this.client.agents.describe({ fleet: this.name, agent: name });
  }

  /** The fleet as its own workflow sees it. */
  async fleet(): Promise<FleetView> {
    await this.#settled([fleetWorkflowId(this.name)]);
    return this.client.fleets.present(this.name);
  }

  /** A pool of credentials as its own workflow sees it. */
  async pool(name: string): Promise<PoolView> {
    await this.#settled([poolWorkflowId(name)]);
    return this.client.pools.describe(name);
  }

  /**
   * Every event so far, in order, as a webhook without a filter would get them. The webhooks of the
   * fleet's file are not called.
   */
  async events(): Promise<readonly DroverEvent[]> {
    const { spec } = await this.fleet();
    await this.#settled([
      ...spec.agents.map(({ name }) => agentWorkflowId(this.name, name)),
      ...(spec.subscriptions ?? []).map(({ pool }) => poolWorkflowId(pool)),
      ...this.#scene.runs.map(({ fleet, run }) => runWorkflowId(fleet, run)),
    ]);
    return [...this.#scene.events];
  }

  /** Sends a command to an agent, and answers with its effect, as HTTP does. */
  command<C extends AgentCommand>(agent: string, name: C, options: AgentCommandOptions[C]): Promise<CommandResult> {
    return this.during(this.client.agents.command({ fleet: this.name, agent }, name, options));
  }

  /** Pauses an agent. */
  pause(agent: string, options: AgentCommandOptions['pause'] = {}): Promise<CommandResult> {
    return this.command(agent, 'pause', options);
  }

  /** Resumes an agent. */
  resume(agent: string, options: AgentCommandOptions['resume'] = {}): Promise<CommandResult> {
    return this.command(agent, 'resume', options);
  }

  /** Lets an agent's process end by itself. */
  crash(agent: string, exitCode = 1): Promise<void> {
    return this.#scene.population.crash(this.name, agent, exitCode);
  }

  /** Lets an agent fall silent: it neither beats nor answers, and its process still runs. */
  silence(agent: string): Promise<void> {
    return this.#scene.population.silence(this.name, agent);
  }

  /** Lets every turn on a credential fail, until `restoreCredential`. */
  failCredential(credential: string, fault: CredentialFault = { kind: 'rate_limit' }): void {
    this.#scene.credentials.fail(credential, fault);
  }

  /** Lets a credential work again. Its pool still waits for its cool-down. */
  restoreCredential(credential: string): void {
    this.#scene.credentials.restore(credential);
  }

  /** Reports a failure of an agent's credential, as an agent or a service does outside of turns. */
  async reportFailure(agent: string, report: Partial<FailureReport> = {}): Promise<CommandResult> {
    const ref = { fleet: this.name, agent };
    const { subscription } = await this.client.agents.describe(ref);
    const name = report.subscription ?? subscription?.name;
    if (name === undefined)
      throw new DroverError(
        'InvalidRequest',
        `${agent} has no credential that could fail; give it a subscription in the fleet file`,
      );
    return this.during(this.client.agents.reportFailure(ref, { kind: 'rate_limit', ...report, subscription: name }));
  }

  /** The breaches of the protocol by agents so far. `close` throws for them. */
  problems(): readonly AgentProblem[] {
    return this.#scene.problems.all();
  }

  /**
   * Ends the test: stops workers and server, replays every history, and throws one error with
   * everything that was wrong. A test that is closed stays closed: a second call does nothing.
   */
  async close({ replay = true, problems = true }: CloseOptions = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const wrong = await this.#scene.close(replay);
    const found = problems ? this.problems().map(({ message }) => message) : [];
    if (wrong.length + found.length > 0) throw new Error([...found, ...wrong].join('\n'));
  }

  get #changing(): Changing {
    const { connected, clock } = this.#scene;
    return { client: this.client, temporal: connected.client, clock };
  }

  #settled(workflowIds: readonly string[]): Promise<void> {
    return settle(this.#scene.connected.client, workflowIds);
  }
}
