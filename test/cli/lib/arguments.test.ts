/** Who gives a command at this command line. */
import { hostname, userInfo } from 'node:os';
import { commandOf, originHere } from '../../../src/cli/lib/arguments';
import { ORIGIN_LENGTH } from '../../../src/contract/caller/origin';

const before = process.env['DROVER_USER'];
afterEach(() => {
  if (before === undefined) delete process.env['DROVER_USER'];
  else process.env['DROVER_USER'] = before;
});

it.each([
  [undefined, userInfo().username],
  ['', userInfo().username],
  ['  ', userInfo().username],
  ['nina', 'nina'],
  [' deploy bot ', 'deploy bot'],
  ['x'.repeat(1_000), 'x'.repeat(ORIGIN_LENGTH)],
])('with DROVER_USER=%j it is %j', (named, by) => {
  if (named === undefined) delete process.env['DROVER_USER'];
  else process.env['DROVER_USER'] = named;
  expect(originHere()).toEqual({ by, from: hostname() });
});

it('goes with the id of the request', () => {
  process.env['DROVER_USER'] = 'nina';
  expect(commandOf({ requestId: 'r-1' })).toEqual({ by: 'nina', from: hostname(), requestId: 'r-1' });
  expect(commandOf({})).not.toHaveProperty('requestId');
});
