/** The fields by which a worker's log is searched. */
import { logFields } from '../../../../src/rules/lib/log/log-fields';

test.each([
  ['agent', 'agent/mars/AgentA', { fleet: 'mars', agent: 'mars/AgentA' }],
  ['run', 'run/mars/r1', { fleet: 'mars', run: 'mars/r1' }],
  ['branch', 'run/mars/r1/0.2', { fleet: 'mars', run: 'mars/r1' }],
  ['branch', 'run/mars/r1/h-0123456789abcdef', { fleet: 'mars', run: 'mars/r1' }],
  ['fleet', 'fleet/mars', { fleet: 'mars' }],
  ['provision', 'provision/mars/3/2', { fleet: 'mars' }],
  ['pool', 'pool/team', {}],
  ['lease', 'lease/abc/1/2', {}],
  ['notify', 'notify/evt_1_2', {}],
  ['agent', 'mine', {}],
  ['agent', 'agent/mars', {}],
])('a workflow %s with the id %s', (type, id, fields) => {
  expect(logFields(type, id)).toEqual(fields);
});
