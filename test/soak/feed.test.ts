/**
 * The feed under load: 1,000 agents and 100 changes a second for a minute, sent by several clients. One reader stays, the other
 * one is killed five times and goes on from its cursor with another client.
 */
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { Feed, cursorOf, type Observed } from '../../src/client/feed';
import { Calls } from '../../src/client/temporal/calls';
import { DroverClient } from '../../src/client';
import { AGENT_WORKFLOW, agentWorkflowId } from '../../src/contract/names';
import { keywords } from '../../src/contract/search-attributes';
import type { LogAnswer } from '../../src/contract/event/log';
import { monotonicMs } from '../../src/lib/clock';
import { devServer } from '../support/env';
import { withWorker } from '../support/worker';
import { eventually } from '../workflows/agent/harness';

const env = devServer();
const AGENTS = Number(process.env['DROVER_FEED_AGENTS'] ?? 1_000);
const SECONDS = Number(process.env['DROVER_FEED_SECONDS'] ?? 60);
const RATE = 100;
const SENDERS = 4;
const KILLS = 5;

/** A client of its own, as another process has one. */
const another = (): Client => new Client({ connection: env.client.connection, namespace: env.namespace });

/** A listener that can be killed: what it has seen, and where it goes on. */
class Listener {
  readonly seen = new Map<string, Observed>();
  doubles = 0;
  feed = new Feed(new Calls(another()));
  #last: Observed | undefined;
  #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  readonly #fleet: string;

  constructor(fleet: string) {
    this.#fleet = fleet;
  }

  async begin(): Promise<void> {
    this.#stop = new AbortController();
    const after = this.#last && cursorOf(this.#last);
    const ids = new Set<string>();
    const batches = this.feed.observe({ fleet: this.#fleet, after, signal: this.#stop.signal });
    const take = (batch: readonly Observed[]): void => {
      for (const one of batch) {
        if (ids.has(one.event.id)) this.doubles += 1;
        ids.add(one.event.id);
        this.seen.set(one.event.id, one);
        this.#last = one;
      }
    };
    take((await batches.next()).value ?? []);
    this.#ended = (async () => {
      for await (const batch of batches) take(batch);
    })();
  }

  async kill(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.feed = new Feed(new Calls(another()));
  }
}

/** Holds and releases random agents, at `RATE` a second together with the other senders. */
async function send(fleet: string, until: number): Promise<number> {
  const { agents } = DroverClient.over(another());
  const open = new Set<Promise<unknown>>();
  const held = new Set<number>();
  let sent = 0;
  for (let next = monotonicMs(); next < until; next += (1_000 * SENDERS) / RATE) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - monotonicMs())));
    const index = Math.floor(Math.random() * AGENTS);
    const name = randomUUID().slice(0, 8);
    const command = agents.command({ fleet, agent: `A${String(index)}` }, held.has(index) ? 'release' : 'hold', {
      hold: 'soak',
      requestId: name,
    });
    if (!held.delete(index)) held.add(index);
    sent += 1;
    // Another sender may have been first.
    const over = command.catch(() => undefined).finally(() => open.delete(over));
    open.add(over);
  }
  await Promise.all(open);
  return sent;
}

test('every change of 1,000 agents reaches both readers exactly once', async () => {
  await withWorker({ env, activities: { askGateway: async () => ({ heard: true }) } }, async (taskQueue) => {
    const fleet = `f-${randomUUID().slice(0, 8)}`;
    // Before the agents begin: everything that they record is new to both.
    const [steady, killed] = [new Listener(fleet), new Listener(fleet)];
    const repairs = new Set([steady.feed, killed.feed]);
    await Promise.all([steady.begin(), killed.begin()]);
    const names = Array.from({ length: AGENTS }, (_, index) => `A${String(index)}`);
    for (let from = 0; from < AGENTS; from += 50) {
      const some = names.slice(from, from + 50);
      await Promise.all(
        some.map((agent) =>
          env.client.workflow.start(AGENT_WORKFLOW, {
            workflowId: agentWorkflowId(fleet, agent),
            taskQueue,
            args: [{ v: 1, fleet, agent }],
            typedSearchAttributes: keywords({ DroverFleet: fleet, DroverAgent: agent }),
          }),
        ),
      );
    }
    const begin = monotonicMs();
    const until = begin + SECONDS * 1_000;
    const sending = Promise.all(Array.from({ length: SENDERS }, () => send(fleet, until)));
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, (SECONDS * 1_000) / (KILLS + 1)));
      await killed.kill();
      repairs.add(killed.feed);
      await killed.begin();
    }
    const sent = (await sending).reduce((sum, count) => sum + count, 0);
    const passed = (monotonicMs() - begin) / 1_000;
    /** The ids of everything that the agents have recorded by now. */
    const recordedBy = async (): Promise<Set<string>> => {
      const ids = new Set<string>();
      for (let from = 0; from < AGENTS; from += 50) {
        const logs = names.slice(from, from + 50).map(async (agent) => {
          const handle = env.client.workflow.getHandle(agentWorkflowId(fleet, agent));
          const { entries, missed } = await handle.query<LogAnswer>('log');
          expect(missed).toBe(0);
          for (const { id, type } of entries) if (type === 'agent.changed') ids.add(id);
        });
        await Promise.all(logs);
      }
      return ids;
    };
    const all = (listener: Listener) =>
      [...listener.seen.values()].filter(({ event }) => event.type === 'agent.changed');
    let size = 0;
    for (const listener of [steady, killed]) {
      // Agents that never beat go on to record that they are silent.
      const { missing, more } = await eventually(
        async () => {
          const recorded = await recordedBy();
          const ids = new Set(all(listener).map(({ event: { id } }) => id));
          size = recorded.size;
          return {
            missing: [...recorded].filter((id) => !ids.has(id)),
            more: [...ids].filter((id) => !recorded.has(id)),
          };
        },
        ({ missing: lost, more: others }) => lost.length + others.length === 0,
      );
      expect({ missing, more }).toEqual({ missing: [], more: [] });
      expect([...listener.seen.values()].filter(({ event }) => event.type === 'feed.gap')).toEqual([]);
      expect(listener.doubles).toBe(0);
    }
    process.stdout.write(
      `feed: ${String(AGENTS)} agents, ${String(sent)} commands in ${passed.toFixed(1)} s, ${String(size)} events\n`,
    );
    expect(size).toBeGreaterThan(sent / 2);
    for (const feed of repairs) expect(feed.repairs).toBe(0);
    await Promise.all([steady.kill(), killed.kill()]);
  });
});
