import { eventText } from '../../../src/cli/text/event';
import type { DroverEvent, EventType } from '../../../src/contract/event';

const at = '2026-01-01T00:00:00.000Z';

test.each<[EventType, DroverEvent['data'], string]>([
  ['agent.ready', { agent: 'f/a', status: 'running', liveness: 'ready' }, 'agent.ready            f/a'],
  ['agent.ready', { agent: 'f/a', status: 'running', liveness: 'degraded' }, 'agent.ready            f/a  degraded'],
  ['agent.offline', { agent: 'f/a', status: 'running', liveness: 'offline' }, 'agent.offline          f/a'],
  ['agent.failed', { agent: 'f/a', status: 'failed', liveness: 'offline' }, 'agent.failed           f/a'],
  [
    'subscription.switched',
    { agent: 'f/a', pool: 'p', from: 'x', to: 'y' },
    'subscription.switched  f/a  x -> y of pool p',
  ],
  [
    'pool.exhausted',
    { pool: 'p', exhaustedUntil: at, agents: ['f/a', 'f/b'] },
    `pool.exhausted         p  until ${at}, waiting: f/a, f/b`,
  ],
  ['pool.exhausted', { pool: 'p', exhaustedUntil: null, agents: ['f/a'] }, 'pool.exhausted         p  waiting: f/a'],
  [
    'pool.reset',
    { pool: 'p', credential: null, by: 'nina from laptop' },
    'pool.reset             p  all credentials by nina from laptop',
  ],
  ['run.completed', { run: 'f/r', success: true, error: null, turns: 6 }, 'run.completed          f/r  6 turns'],
  [
    'run.cancelled',
    { run: 'f/r', success: false, error: 'cancelled: night', turns: 1 },
    'run.cancelled          f/r  cancelled: night',
  ],
  [
    'run.asked',
    { run: 'f/r', agent: 'A', branch: '0.1' },
    'run.asked              f/r  branch 0.1 waits for a human: drover describe run f/r',
  ],
  ['run.failed', { run: 'f/r', success: false, error: 'no\nmore', turns: 1 }, 'run.failed             f/r  no'],
  [
    'run.failed',
    { run: 'f/r', success: false, error: 'ROOT failure: insufficient arrivals: 0 of 1 (A: no)', turns: 1 },
    'run.failed             f/r  A: no',
  ],
])('%s of %j', (type, data, expected) => {
  expect(eventText({ id: 'evt_1', type, at, data })).toBe(`${at}  ${expected}`);
});
