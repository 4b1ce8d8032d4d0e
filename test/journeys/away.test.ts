/** Drover is away while an agent works: the turn that it finished counts, and what runs on is said truly. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../src/lib/until';
import { Place } from './terminal';

/** A turn may take 8 s, and takes 4. */
const FLEET = `apiVersion: drover/v1
kind: Fleet
metadata: {name: own}
spec:
  agents:
    - {name: Slow, provider: process, process: {command: [node, agent.mjs]}, turns: {timeout: 8s}}
  topology:
    flows: [Start -> Slow, Slow -> End]
`;

let place: Place;

beforeEach(() => {
  place = new Place();
  place.write('fleet.yaml', FLEET);
  const done = JSON.stringify(join(place.folder, 'done'));
  place.writeAgent(
    'agent.mjs',
    `console.log('asked'); await sleep(4000); writeFileSync(${done}, 'x'); return final('worked');`,
    "import { writeFileSync } from 'node:fs'; import { setTimeout as sleep } from 'node:timers/promises';",
  );
});

afterEach(() => place.close());

test('a turn that its agent finished while Drover was killed succeeds, long after its limit', async () => {
  const [up, other] = [place.terminal(), place.terminal()];
  await up.type('drover up fleet.yaml');
  await up.shows(/Ctrl-C stops; the agent of fleet own keeps running/);
  await other.run('drover run own work --detach --name away');
  await other.type('drover logs own/Slow -f');
  await other.shows('asked');
  other.press('\x03');
  const { pid } = JSON.parse(readFileSync(join(place.folder, '.drover/up.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await up.shows(/Killed|\n\$$/);
  // The server may have outlived it for a moment: a person sees what the doctor says until up is back.
  const { text: sick } = await other.run('drover doctor');
  expect(sick).toMatch(/processes +wrong +1 agent runs without drover up: own\/Slow \(\d+/);
  expect(sick).toContain('drover up in this directory gets it back');
  if (!(await until(() => existsSync(join(place.folder, 'done')) || undefined, 60_000)))
    throw new Error('the agent never finished');
  // Beyond the limit of the turn and what counts as a busy machine: that Drover is away for long is the case.
  await sleep(15_000);
  await up.type('drover up');
  await up.shows('Ctrl-C stops');
  const { text, code } = await other.run('drover wait run own/away --timeout 60s; drover describe run own/away');
  expect([text, code]).toEqual([expect.stringMatching(/worked/), 0]);
  expect((await other.run('drover doctor')).text).not.toContain('without drover up');
});

test('Ctrl-C claims no agents where none is, and names those of other fleets', async () => {
  const up = place.terminal();
  await up.type('drover up');
  expect(await up.shows(/Ctrl-C stops.*/)).toContain('Ctrl-C stops.');
  up.press('\x03');
  expect(await up.shows(/stopping[^]*\n\$$/)).not.toMatch(/runs? on|keeps? running/);

  place.write('other.yaml', FLEET.replace('{name: own}', '{name: other}'));
  await up.type('drover up fleet.yaml --destroy');
  await up.shows('Ctrl-C destroys the fleet own and stops.');
  expect((await place.terminal().run('drover apply -f other.yaml --yes')).code).toBe(0);
  up.press('\x03');
  const text = await up.shows(/stopping[^]*\n\$$/);
  expect(text).toContain('fleet own is destroyed');
  expect(text).toContain('drover: 1 agent runs on.');
  expect(text).toContain('drover destroy other while it is up removes it');
});
