/** A fleet of 500 agents over a provider in memory, made at the default concurrency and destroyed again: what it costs. */
import { collectHistories, type RecordedHistory } from '../../src/testing/server/histories';
import { devServer } from '../support/env';
import { fleetWorkflowId } from '../../src/contract/names';
import { fleetOf, withFleet } from '../workflows/fleet/harness';

const env = devServer();

const AGENTS = 500;
/** docs/provisioning.md, "Limits": a change is split before a history gets there. */
const MOST_EVENTS = 10_000;
const LIMIT_MS = 900_000;

const MS = 1_000;

/** Events that a workflow's own task, an activity's answer, a signal or an update put there: one write of the server each. */
const TRANSACTIONS = [
  'workflowExecutionStartedEventAttributes',
  'workflowTaskStartedEventAttributes',
  'workflowTaskCompletedEventAttributes',
  'activityTaskCompletedEventAttributes',
  'workflowExecutionSignaledEventAttributes',
  'childWorkflowExecutionStartedEventAttributes',
  'childWorkflowExecutionCompletedEventAttributes',
  'externalWorkflowExecutionSignaledEventAttributes',
] as const;

function costOf(histories: readonly RecordedHistory[]) {
  const events = histories.flatMap(({ history }) => history.events ?? []);
  const transactions = events.filter((event) => TRANSACTIONS.some((kind) => event[kind])).length;
  const rounded = (count: number) => Math.round((count / AGENTS) * 10) / 10;
  return {
    workflows: histories.length,
    eventsPerAgent: rounded(events.length),
    transactionsPerAgent: rounded(transactions),
    longestHistory: Math.max(...histories.map(({ history }) => history.events?.length ?? 0)),
  };
}

test(
  `${String(AGENTS)} agents at the default concurrency: no history reaches ${String(MOST_EVENTS)} events`,
  async () => {
    env.skipReplay('hundreds of histories of one shape, which the tests of the suite replay');
    await withFleet(env, async (world) => {
      const names = Array.from({ length: AGENTS }, (_, index) => `A${String(index)}`);
      const began = performance.now();
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(names) });
      const of = { changeId: changeId ?? '', revision };
      const ended = await world.fleets.follow(world.fleet, of, { timeoutMs: LIMIT_MS });
      const seconds = (performance.now() - began) / MS;
      expect(ended).toMatchObject({ state: 'done', steps: { created: AGENTS, ready: AGENTS } });
      expect(world.provider.count('createResource')).toBe(AGENTS);

      const ids = await env.started.workflowIds(env.client, true);
      const agents = ids.filter((id) => id.startsWith(`agent/${world.fleet}/`));
      const applied = costOf(await collectHistories(env.client, [fleetWorkflowId(world.fleet), ...agents]));
      console.log({
        agents: AGENTS,
        seconds: Math.round(seconds * 10) / 10,
        perSecond: Math.round(AGENTS / seconds),
        ...applied,
      });
      expect(applied.longestHistory).toBeLessThan(MOST_EVENTS);

      const { changeId: last, revision: lastRevision } = await world.fleets.destroy(world.fleet);
      const destroyed = await world.fleets.follow(
        world.fleet,
        { changeId: last ?? '', revision: lastRevision },
        { timeoutMs: LIMIT_MS },
      );
      expect(destroyed).toMatchObject({ state: 'done' });
      expect(world.held()).toEqual([]);
      const all = costOf(await collectHistories(env.client, [fleetWorkflowId(world.fleet)]));
      console.log({ destroyed: AGENTS, longestHistory: all.longestHistory });
      expect(all.longestHistory).toBeLessThan(MOST_EVENTS);
    });
  },
  LIMIT_MS,
);
