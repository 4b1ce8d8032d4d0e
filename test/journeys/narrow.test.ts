/** A terminal of 60 columns: no line wraps, and the least important columns go first. */
import { Place, type Terminal } from './terminal';

const FLEET = `apiVersion: drover/v1
kind: Fleet
metadata: {name: a-fleet-with-a-name}
spec:
  agents:
    - {name: Researcher, provider: process, process: {command: [node, agent.mjs]}}
    - {name: Assistant, provider: process, process: {command: [node, agent.mjs]}}
  topology: {flows: ["Start -> Researcher", "Researcher -> End"]}
`;

let place: Place;
let narrow: Terminal;

beforeAll(async () => {
  place = new Place();
  place.write('fleet.yaml', FLEET);
  place.writeAgent('agent.mjs', 'return final(turn.input.value);');
  const up = place.terminal();
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
  narrow = place.terminal({ columns: 60 });
  await narrow.run('drover run a-fleet-with-a-name hello --name a-run-with-a-name');
  await narrow.run('drover pause a-fleet-with-a-name/Assistant --reason "a long lunch with everybody"');
});

afterAll(() => place.close());

/** The lines of a command; a line that the terminal has wrapped is longer than it. */
async function linesOf(command: string): Promise<string[]> {
  const { text, code } = await narrow.run(command);
  expect([code, text]).toEqual([0, text]);
  return text.split('\n').filter((line) => !line.includes('exit code') && !line.startsWith('$'));
}

test.each([
  'get agents',
  'get agents -o wide',
  'get runs',
  'get fleets',
  'get pools',
  'events --limit 5',
  'inbox',
  'doctor',
])('%s fits', async (command) => {
  const lines = await linesOf(`drover ${command} | cat >/dev/null; drover ${command}`);
  const table = command === 'doctor' ? lines.slice(0, lines.indexOf('')) : lines;
  expect(table.filter((line) => line.length > 60)).toEqual([]);
});

test('agents keep their status and reason, and lose where they run', async () => {
  const [head = '', ...rows] = await linesOf('drover get agents -o wide');
  expect(head).toMatch(/^NAME +STATUS +LIVENESS/);
  expect(head).toContain('REASON');
  expect(head).not.toMatch(/REVISION|HOST|PROVIDER|AGE/);
  expect(rows.join('\n')).toMatch(/paused/);
});

test('runs keep their name and state', async () => {
  const [head = '', row = ''] = await linesOf('drover get runs');
  expect(head).toMatch(/^NAME +STATE/);
  expect(row).toMatch(/a-run-with-a-name +completed/);
});
