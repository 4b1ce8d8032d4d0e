/** How a gateway follows the feed for what it remembers of agents. */
import type { Observed } from '../../../src/client';
import { followAgents } from '../../../src/gateway/leases/follow';

const of = (workflowId: string): Observed => ({
  event: { id: 'evt_1', type: 'agent.changed', at: '2026-01-01T00:00:00.000Z', data: {} },
  workflowId,
  fleets: [],
  from: 0,
});

test('it tells of agents only, says when it begins and ends, and begins again until it is stopped', async () => {
  const stop = new AbortController();
  const told: string[] = [];
  let times = 0;
  const source = async function* () {
    times += 1;
    yield [];
    yield [of('agent/f/a'), of('run/f/r'), of('agent/f/b'), of('pool/p')];
    if (times === 2) return stop.abort();
    throw new Error('no server');
  };
  const follower = {
    followed: () => void told.push('followed'),
    changed: ({ fleet, agent }: { fleet: string; agent: string }) => void told.push(`${fleet}/${agent}`),
    unfollowed: (error: unknown) => void told.push(String(error)),
  };
  await followAgents(source, follower, stop.signal, 1);
  const once = ['followed', 'f/a', 'f/b'];
  expect(told).toEqual([...once, 'Error: no server', ...once]);
});
