/** One source for many listeners, by a source that the test feeds. */
import type { Observed } from '../../src/client';
import { until } from '../../src/lib/until';
import { EventHub, type HubTimes, type Listener } from '../../src/gateway/event-hub';
import { PATIENCE_MS } from '../support/patience';

const event = (id: number): Observed => ({
  event: { id: `evt_${String(id)}`, type: 'agent.ready', at: '2026-01-01T00:00:00.000Z', data: {} },
  workflowId: 'agent/f/a',
  fleets: ['f'],
  from: 0,
});

/** A source that yields what the test says, and a hub over it. */
function world(times?: HubTimes) {
  const state = { begun: 0, told: 0, stopped: 0, broken: false };
  let give: ((batch: readonly Observed[] | Error) => void) | undefined;
  async function* source(signal: AbortSignal): AsyncGenerator<readonly Observed[], void, undefined> {
    state.begun += 1;
    if (state.broken) throw new Error('no Temporal');
    signal.addEventListener('abort', () => (state.stopped += 1));
    yield [];
    while (!signal.aborted) {
      const batch = await new Promise<readonly Observed[] | Error>((resolve) => {
        give = resolve;
        signal.addEventListener('abort', () => resolve([]));
      });
      if (batch instanceof Error) throw batch;
      yield batch;
      state.told += 1;
    }
  }
  const hub = new EventHub(source, times);
  /** The next events of the source, as soon as it is asked. */
  const tell = async (batch: readonly Observed[] | Error) => {
    const taken = await until(() => give, PATIENCE_MS);
    give = undefined;
    taken?.(batch);
  };
  return { hub, state, tell };
}

/** A listener that writes down what it hears. */
function listener() {
  const heard: string[] = [];
  const ids = (events: readonly Observed[]) => events.map(({ event: { id } }) => id.slice(4)).join();
  const self: Listener = {
    begin: (missed) => void heard.push(missed === null ? 'from now on' : `missed ${ids(missed)}`),
    hear: (events) => void heard.push(ids(events)),
    keepAlive: () => void heard.push('alive'),
    end: () => void heard.push('end'),
  };
  const hears = (what: string) => until(() => heard.includes(what) || undefined, PATIENCE_MS);
  return { ...self, heard, hears };
}

test('two listeners share one source; who comes back goes on after the last event', async () => {
  const { hub, state, tell } = world();
  const [one, two, back, lost] = [listener(), listener(), listener(), listener()];
  await hub.join(one);
  await hub.join(two);
  await tell([event(1), event(2)]);
  await one.hears('1,2');
  hub.leave(one);
  await tell([event(3)]);
  await two.hears('3');
  await hub.join(back, 'evt_1');
  await hub.join(lost, 'evt_unknown');
  hub.close();
  expect(state.begun).toBe(1);
  expect(one.heard).toEqual(['missed ', '1,2']);
  expect(two.heard).toEqual(['missed ', '1,2', '3', 'end']);
  expect(back.heard).toEqual(['missed 2,3', 'end']);
  expect(lost.heard).toEqual(['from now on', 'end']);
  expect(hub.size).toBe(0);
});

test('the last 1,000 are remembered', async () => {
  const { hub, tell } = world();
  const [one, kept, forgotten] = [listener(), listener(), listener()];
  await hub.join(one);
  const all = Array.from({ length: 1_001 }, (_, index) => event(index));
  await tell(all);
  await until(() => one.heard.length === 2 || undefined, PATIENCE_MS);
  await hub.join(kept, 'evt_1');
  await hub.join(forgotten, 'evt_0');
  hub.close();
  expect(kept.heard[0]?.split(',')).toHaveLength(999);
  expect(forgotten.heard[0]).toBe('from now on');
});

test('it goes on for a while after the last listener has gone', async () => {
  const { hub, state, tell } = world();
  const [one, back] = [listener(), listener()];
  await hub.join(one);
  await tell([event(1)]);
  await one.hears('1');
  hub.leave(one);
  await tell([event(2)]);
  await until(() => state.told === 2 || undefined, PATIENCE_MS);
  await hub.join(back, 'evt_1');
  hub.close();
  expect({ heard: back.heard, begun: state.begun }).toEqual({ heard: ['missed 2', 'end'], begun: 1 });
});

test('then it stops and forgets', async () => {
  const { hub, state, tell } = world({ lingerMs: 5 });
  const [one, back] = [listener(), listener()];
  await hub.join(one);
  await tell([event(1)]);
  await one.hears('1');
  hub.leave(one);
  await until(() => state.stopped === 1 || undefined, PATIENCE_MS);
  await hub.join(back, 'evt_1');
  hub.close();
  expect({ heard: back.heard, begun: state.begun }).toEqual({ heard: ['from now on', 'end'], begun: 2 });
});

test('silence is broken, so that no proxy on the way cuts the connection', async () => {
  const { hub } = world({ keepAliveMs: 5 });
  const one = listener();
  await hub.join(one);
  expect(await one.hears('alive')).toBe(true);
  hub.close();
});

test('a first look that fails is the answer, and the next one tries again; a later failure ends the listeners', async () => {
  const { hub, state, tell } = world();
  state.broken = true;
  const one = listener();
  await expect(hub.join(one)).rejects.toThrow('no Temporal');
  expect(one.heard).toEqual([]);
  state.broken = false;
  await hub.join(one);
  await tell(new Error('the token was withdrawn'));
  await one.hears('end');
  const two = listener();
  await hub.join(two);
  hub.close();
  expect([one.heard, two.heard, state.begun]).toEqual([['missed ', 'end'], ['missed ', 'end'], 3]);
});
