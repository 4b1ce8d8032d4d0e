/**
 * A healthy agent's life on skipped time: beats through the gateway's ledger, commands now and then, continue-as-new forced often. A long
 * life goes from server to server, because a time-skipping server slows down with all that it has seen: where one ends, the agent has
 * just continued as new, and what that run was given is what it begins with on the next.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { isAbortedByClosing } from '../../../src/client/temporal/error-kinds';
import type { AgentView } from '../../../src/contract/agent';
import { AGENT_WORKFLOW } from '../../../src/contract/names';
import { BeatLedger } from '../../../src/gateway/routes/beats';
import type { CarriedAgent } from '../../../src/rules/agent/state';
import type { TestEnv } from '../../support/env';
import { type AgentWorld, TestAgent, freshSurroundings } from './harness';

const AGENT = 'a';
const BEAT_EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
/** A word now and then: a month takes long. */
const HOURS_BETWEEN_WORDS = 6;
/** It takes milliseconds. */
const BETWEEN_RUNS_MS = 5_000;

/** One agent's life, and what it cost so far. */
export class Soak {
  readonly hours: number;
  readonly surroundings = freshSurroundings();
  forwarded = 0;
  events = 0;
  runs = 0;
  readonly #continueAfterEvents: number;
  readonly #ledger: BeatLedger;
  readonly #began = performance.now();
  #agent: TestAgent | undefined;
  #instanceId = '';
  #beats = 0;
  #bornAt = 0;
  #now = 0;
  /** The server's time; it lags behind while the workflow receives nothing. */
  #slept = 0;
  #carried: CarriedAgent | undefined;

  constructor(hours: number, continueAfterEvents: number) {
    this.hours = hours;
    this.#continueAfterEvents = continueAfterEvents;
    let view: AgentView | undefined;
    const target = {
      heartbeat: (_: unknown, beat: object) => betweenRuns(() => this.agent.handle.signal('heartbeat', beat)),
      // The ledger looks for `offline` here, which this agent never is; the time-skipping server loses a query that meets a
      // continue-as-new.
      describe: async () => (view ??= await this.agent.view()),
    };
    const counters = {
      received: () => undefined,
      forwarded: () => {
        this.forwarded += 1;
      },
    };
    this.#ledger = new BeatLedger(target, counters, () => this.#now);
  }

  /** On the server where it lives now. */
  get agent(): TestAgent {
    if (!this.#agent) throw new Error('the agent has not begun to live');
    return this.#agent;
  }

  get eventsPerHour(): number {
    return Math.round(this.events / this.hours);
  }

  /** Lives on until its `untilHour`th hour is over; every hour it is held and released by a request of its own. */
  async live(env: TestEnv, world: AgentWorld, untilHour: number): Promise<void> {
    await this.#begin(env, world);
    while (this.#now - this.#bornAt < untilHour * HOUR_MS) {
      await this.#nextBeat(env);
      await this.#everyHour();
    }
    if (untilHour < this.hours) this.#carried = await this.#untilItContinuesAsNew(env);
    const { events, runs } = await eventsOf(env, this.agent);
    this.events += events;
    this.runs += runs;
  }

  async #begin(env: TestEnv, world: AgentWorld): Promise<void> {
    const carried = this.#carried;
    this.#agent = new TestAgent(world, world.fleet, AGENT);
    if (carried === undefined) {
      this.#agent = await world.start(AGENT, {}, { continueAfterEvents: this.#continueAfterEvents });
      this.#instanceId = (await this.agent.ready()).instanceId ?? '';
      this.#bornAt = this.#now = await env.now();
    } else {
      const early = this.#now - (await env.now());
      if (early > 0) await env.sleep(early);
      const { taskQueue } = world;
      await env.client.workflow.start(AGENT_WORKFLOW, { workflowId: this.agent.id, taskQueue, args: [carried] });
    }
    this.#slept = this.#now;
  }

  async #nextBeat(env: TestEnv): Promise<void> {
    this.#now += BEAT_EVERY_MS;
    this.#beats += 1;
    const before = this.forwarded;
    const beat = {
      instanceId: this.#instanceId,
      seq: this.#beats,
      status: 'ready',
      endpoint: 'http://127.0.0.1:1/',
    } as const;
    await this.#ledger.beat({ fleet: this.agent.fleet, agent: AGENT }, beat);
    if (this.forwarded === before) return;
    await env.sleep(this.#now - this.#slept);
    this.#slept = this.#now;
  }

  async #everyHour(): Promise<void> {
    const lived = this.#now - this.#bornAt;
    if (lived % HOUR_MS >= BEAT_EVERY_MS) return;
    const hour = Math.floor(lived / HOUR_MS);
    await betweenRuns(() => this.agent.send('hold', { hold: 'budget', requestId: `hold-${String(hour)}` }));
    await betweenRuns(() => this.agent.send('release', { hold: 'budget', requestId: `release-${String(hour)}` }));
    if (hour % HOURS_BETWEEN_WORDS === 0) progress(hour, this.hours, performance.now() - this.#began);
  }

  /** What the run after the present one is given; of what this agent is told between, only a renewal can be lost with the rest of that run. */
  async #untilItContinuesAsNew(env: TestEnv): Promise<CarriedAgent> {
    const before = (await this.agent.handle.describe()).runId;
    for (;;) {
      await this.#nextBeat(env);
      const { runId } = await betweenRuns(() => this.agent.handle.describe());
      if (runId === before) continue;
      const { events } = await env.client.workflow.getHandle(this.agent.id, runId).fetchHistory();
      const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
      if (!input) throw new Error(`run ${runId} was given nothing`);
      return defaultPayloadConverter.fromPayload<CarriedAgent>(input);
    }
  }
}

function progress(hour: number, hours: number, tookMs: number): void {
  process.stderr.write(`soak: ${String(hour)} of ${String(hours)} h after ${String(Math.round(tookMs / 1_000))} s\n`);
}

/** Between the two runs of a continue-as-new none exists for a moment, on the time-skipping server only (sdk-java#1538). */
async function betweenRuns<T>(call: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + BETWEEN_RUNS_MS; ;) {
    try {
      return await call();
    } catch (error) {
      const isBetween = error instanceof WorkflowNotFoundError || isAbortedByClosing(error);
      if (!isBetween || Date.now() > end) throw error;
    }
  }
}

/** Events of all runs together. */
async function eventsOf(env: TestEnv, agent: TestAgent): Promise<{ events: number; runs: number }> {
  let events = 0;
  let runs = 0;
  for (let runId: string | undefined; ;) {
    const handle = env.client.workflow.getHandle(agent.id, runId);
    events += (await handle.describe()).historyLength;
    runs += 1;
    const { events: first } = await handle.fetchHistory();
    const previous = first?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!previous) return { events, runs };
    runId = previous;
  }
}
