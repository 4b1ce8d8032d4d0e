/** docs/client.md has every call and every option of the client, and only those. test/install/client.test.ts runs its snippets. */
import { DroverClient } from '../../src/client';
import { Agents } from '../../src/client/agents/agents';
import { Feed } from '../../src/client/feed';
import { Fleets } from '../../src/client/fleets/fleets';
import { Inbox } from '../../src/client/inbox';
import { Leases } from '../../src/client/leases';
import { Logs } from '../../src/client/logs';
import { Pools } from '../../src/client/pools';
import { Runs } from '../../src/client/runs/runs';
import { page } from './pages';

const text = page('docs/client.md');
const section = (title: string): string => (text.split(`\n${title}\n`)[1] ?? '').split(/\n##/)[0] ?? '';
const rows = (part: string): string[] => [...part.matchAll(/^\| `(\w+)/gm)].map(([, name = '']) => name);

test.each([
  ['drover', DroverClient],
  ['drover.agents', Agents],
  ['drover.fleets', Fleets],
  ['drover.runs', Runs],
  ['drover.inbox', Inbox],
  ['drover.pools', Pools],
  ['drover.logs', Logs],
  ['drover.leases', Leases],
  ['drover.feed', Feed],
])('the table of `%s` has each of its calls', (name, type) => {
  const calls = Object.getOwnPropertyNames(type.prototype).filter((call) => call !== 'constructor');
  expect(rows(section(`### \`${name}\``)).sort()).toEqual(calls.sort());
});

test('every group of the client has a table', () => {
  const client = DroverClient.connect({ bare: true });
  const groups = Object.keys(client).map((group) => `### \`drover.${group}\``);
  expect(groups.length).toBeGreaterThan(7);
  expect(groups.filter((title) => section(title) === '')).toEqual([]);
});

test('the options of `connect` are those of its types', () => {
  const fields = (file: string, name: string): string[] => {
    const body = page(file).split(`export interface ${name}`)[1]?.split(/^\}/m)[0] ?? '';
    return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, field = '']) => field);
  };
  const options = [
    ...fields('src/client/temporal/connection.ts', 'ConnectionSettings'),
    ...fields('src/client/drover-client.ts', 'DroverClientOptions'),
  ];
  expect(options.length).toBeGreaterThan(8);
  expect(rows(section('## Options of `connect`')).sort()).toEqual(options.sort());
});
