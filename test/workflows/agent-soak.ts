/** A healthy agent's life on skipped time: beats through the gateway's ledger, commands now and then, continue-as-new forced often. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { isAbortedByClosing } from '../../src/client/errors';
import { BeatLedger } from '../../src/gateway/beats';
import type { TestEnv } from '../support/env';
import { type AgentWorld, type TestAgent } from './agent-harness';

/** What a soak found. */
export interface Soak {
  readonly agent: TestAgent;
  readonly eventsPerHour: number;
  readonly runs: number;
  readonly forwarded: number;
}

const BEAT_EVERY_MS = 5_000;
const HOUR_MS = 3_600_000;
/** A word now and then: a month takes long. */
const HOURS_BETWEEN_WORDS = 6;
/** It takes milliseconds. */
const BETWEEN_RUNS_MS = 5_000;

/** Lets an agent live for some hours; every hour it is held and released by a request of its own. */
export async function soak(env: TestEnv, world: AgentWorld, hours: number, continueAfterEvents: number): Promise<Soak> {
  const agent = await world.start('a', {}, { continueAfterEvents });
  const view = await agent.ready();
  const { instanceId } = view;
  let now = await env.now();
  let forwarded = 0;
  const target = {
    heartbeat: (_: unknown, beat: object) => betweenRuns(() => agent.handle.signal('heartbeat', beat)),
    // The ledger looks for `offline` here, which this agent never is; the time-skipping server loses a query that meets a
    // continue-as-new.
    describe: () => Promise.resolve(view),
  };
  const counters = {
    received: () => undefined,
    forwarded: () => {
      forwarded += 1;
    },
  };
  const ledger = new BeatLedger(target, counters, () => now);
  let slept = now;
  const start = now;
  const began = performance.now();
  for (let beat = 1; now - start < hours * HOUR_MS; beat += 1) {
    now += BEAT_EVERY_MS;
    const before = forwarded;
    const told = Promise.resolve(
      ledger.beat(
        { fleet: world.fleet, agent: 'a' },
        { instanceId: instanceId ?? '', seq: beat, status: 'ready', endpoint: 'http://127.0.0.1:1/' },
      ),
    );
    await told;
    if (forwarded > before) {
      await env.sleep(now - slept);
      slept = now;
    }
    if ((now - start) % HOUR_MS < BEAT_EVERY_MS) {
      const hour = Math.floor((now - start) / HOUR_MS);
      await holdAndRelease(agent, hour);
      if (hour % HOURS_BETWEEN_WORDS === 0) progress(hour, hours, performance.now() - began);
    }
  }
  const { events, runs } = await eventsOf(env, agent);
  return { agent, eventsPerHour: Math.round(events / hours), runs, forwarded };
}

function progress(hour: number, hours: number, tookMs: number): void {
  process.stderr.write(`soak: ${String(hour)} of ${String(hours)} h after ${String(Math.round(tookMs / 1_000))} s\n`);
}

async function holdAndRelease(agent: TestAgent, hour: number): Promise<void> {
  await betweenRuns(() => agent.send('hold', { hold: 'budget', requestId: `hold-${String(hour)}` }));
  await betweenRuns(() => agent.send('release', { hold: 'budget', requestId: `release-${String(hour)}` }));
}

/** Between the two runs of a continue-as-new there is none for a moment, on the time-skipping server only (sdk-java#1538). */
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
