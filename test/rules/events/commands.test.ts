/** Which events are commands of someone, and how they join the trail of a gateway. */
import { type AuditEntry } from '../../../src/contract/caller/audit';
import type { DroverEvent, EventType } from '../../../src/contract/event';
import { commandEntry, withCommands } from '../../../src/rules/events/commands';

const AT = '2026-01-01T10:00:00.000Z';
const origin = { by: 'nina', from: 'laptop', requestId: 'r-1' };
const event = (type: EventType, data: object): DroverEvent => ({ id: 'evt_1', type, at: AT, data: { ...data } });
const said = { by: 'nina from laptop, request r-1', origin };

it.each<[EventType, object, string, object]>([
  ['agent.changed', { fleet: 'mars', agent: 'mars/A', what: 'pause', accepted: true }, 'pause mars/A', { agent: 'A' }],
  ['change.started', { fleet: 'mars', kind: 'destroy', revision: 2 }, 'destroy mars', {}],
  ['change.cancelled', { fleet: 'mars', revision: 2 }, 'cancel mars', {}],
  ['change.compensating', { fleet: 'mars', attempt: 2 }, 'compensate mars', {}],
  ['fleet.paused', { fleet: 'mars' }, 'pause --fleet mars', {}],
  ['fleet.resumed', { fleet: 'mars' }, 'resume --fleet mars', {}],
  ['run.started', { run: 'mars/r', scripted: false }, 'run mars/r', { run: 'r' }],
  ['run.paused', { run: 'mars/r' }, 'runs pause mars/r', { run: 'r' }],
  ['run.resumed', { run: 'mars/r' }, 'runs resume mars/r', { run: 'r' }],
  ['run.cancelled', { run: 'mars/r', error: 'cancelled' }, 'runs cancel mars/r', { run: 'r' }],
  ['question.answered', { run: 'mars/r', agent: 'A', item: 'mars.r.1' }, 'answer mars.r.1', { run: 'r' }],
  ['question.extended', { run: 'mars/r', agent: 'A', item: 'mars.r.1' }, 'inbox extend mars.r.1', { run: 'r' }],
  ['pool.reset', { pool: 'claude', credential: null, fleets: ['mars'] }, 'pools reset claude', {}],
])('%s is a command', (type, data, command, about) => {
  const entry = commandEntry(event(type, { ...data, ...said }));
  expect(`${entry?.method ?? ''} ${entry?.path ?? ''}`).toBe(command);
  expect(entry).toMatchObject({
    at: AT,
    who: 'nina',
    from: 'laptop',
    requestId: 'r-1',
    ...(type === 'pool.reset' ? {} : { fleet: 'mars' }),
    ...about,
  });
  expect(entry).toMatchObject({ role: null, source: 'workflow', status: 200, code: null });
  // Without a name it may be Drover's own, as when a fleet holds its agents.
  expect(commandEntry(event(type, data))).toBeNull();
});

it.each<[EventType, object]>([
  ['agent.changed', { agent: 'mars/A', what: 'start', accepted: false, ...said }],
  ['agent.changed', { agent: 'mars/A', what: 'beat ready', accepted: true, by: 'agent' }],
  ['run.completed', { run: 'mars/r', ...said }],
  ['change.completed', { fleet: 'mars', ...said }],
  ['fleet.paused', { fleet: 'mars', origin: 'nina' }],
  ['fleet.paused', { fleet: 'mars', origin: { by: 1 } }],
])('%s of %j tells of no command', (type, data) => {
  expect(commandEntry(event(type, data))).toBeNull();
});

describe('a trail with the commands of workflows', () => {
  const entry = (more: Partial<AuditEntry>): AuditEntry => ({
    at: AT,
    who: 'nina',
    role: 'operator',
    from: 'laptop',
    method: 'POST',
    path: '/v1/agents/mars/A/pause',
    fleet: 'mars',
    agent: 'A',
    requestId: 'r-1',
    status: 200,
    code: null,
    ...more,
  });
  const command = (more: Partial<AuditEntry>): AuditEntry =>
    entry({ role: null, method: 'pause', path: 'mars/A', source: 'workflow', ...more });
  const later = '2026-01-01T10:05:00.000Z';

  it('has each command once, whether it has a request id or not', () => {
    const trail = [entry({}), entry({ requestId: null })];
    expect(withCommands(trail, [command({}), command({ requestId: null })], 10)).toEqual(trail);
  });

  it.each<[string, Partial<AuditEntry>]>([
    ['another request', { requestId: 'r-2' }],
    ['another agent', { agent: 'B' }],
    ['a run', { agent: undefined as never, run: 'A' }],
    ['a caller without an id elsewhere', { requestId: null, from: 'desk' }],
    ['another caller without an id', { requestId: null, who: 'otto' }],
    ['the same caller without an id, minutes later', { requestId: null, at: later }],
  ])('keeps %s', (_name, more) => {
    const own = entry({ requestId: more.requestId === null ? null : 'r-1' });
    expect(withCommands([own], [command(more)], 10)).toHaveLength(2);
  });

  it('is ordered by time, the newest first, and bounded', () => {
    const times = ['10:00', '10:02', '10:01', '10:03'].map((time) => `2026-01-01T${time}:00.000Z`);
    const [a = AT, b = AT, c = AT, d = AT] = times;
    const merged = withCommands(
      [entry({ at: b, requestId: 'b' }), entry({ at: a, requestId: 'a' })],
      [command({ at: d, requestId: 'd' }), command({ at: c, requestId: 'c' })],
      3,
    );
    expect(merged.map(({ requestId }) => requestId)).toEqual(['d', 'b', 'c']);
  });
});
