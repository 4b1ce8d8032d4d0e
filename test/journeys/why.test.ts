/** A run that stands still, a question, and a crash at the start: what a person sees at the terminal. */
import { Place } from './terminal';

const FLEET = `apiVersion: drover/v1
kind: Fleet
metadata: {name: own}
spec:
  agents:
    - {name: Py, provider: process, process: {command: [node, agent.mjs]}}
  topology: {flows: ["Start -> Py", "Py -> User", "Py -> End"]}
`;

let place: Place;

beforeEach(() => {
  place = new Place();
  place.write('fleet.yaml', FLEET);
});

afterEach(() => place.close());

test('a run of a paused agent says who paused it, since when, and how to go on', async () => {
  place.writeAgent('agent.mjs', 'return final(turn.input.value);');
  const [up, other, third] = [place.terminal(), place.terminal(), place.terminal()];
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
  await other.run('drover pause own/Py --reason lunch');
  await other.type('drover run own hello --name r');
  await other.shows(/Paused by operator since .*lunch/);
  expect((await third.run('drover describe own/r')).text).toMatch(/WAITS +AGENT +WHY[^]*Paused by operator since/);
  expect((await third.run('drover get agents')).text).toMatch(/own\/Py +paused/);
  await third.run('drover resume own/Py');
  await other.shows(/^hello$/m);
});

test('a question is asked at the terminal of the run, and answered there; the hint stays', async () => {
  place.writeAgent(
    'agent.mjs',
    "return turn.input.kind === 'answer' ? final(`so ${turn.input.value}`) : ask('Really?');",
  );
  const [up, other] = [place.terminal(), place.terminal({ columns: 60 })];
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
  await other.type('drover run own hello --name q');
  const asked = await other.shows(/^answer>$/m);
  expect(asked).toContain('Py asks: Really?');
  expect(asked).toContain('drover answer own/q TEXT');
  await up.shows(/Py asks in run own\/q: Really\?/);
  other.press('yes\r');
  await other.shows(/^so yes$/m);
});

test('an agent that crashes at its start is named with the cause, once, and up stays to be looked at', async () => {
  place.write('agent.mjs', "import 'nowhere';");
  const up = place.terminal();
  await up.type('drover up fleet.yaml');
  const text = await up.shows('Ctrl-C stops');
  expect(text).toMatch(/own\/Py: exited with code 1: Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'nowhere'/);
  expect(text.match(/ERR_MODULE_NOT_FOUND\]/g)?.length).toBeLessThanOrEqual(2);
});

test('Ctrl-C in a run says that it goes on', async () => {
  place.writeAgent('agent.mjs', 'await new Promise((r) => setTimeout(r, 20_000)); return final(1);');
  const [up, other] = [place.terminal(), place.terminal()];
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
  await other.type('drover run own hello --name long; echo "exit code $?"');
  await other.shows('branch 0');
  other.press('\x03');
  await other.shows('run own/long goes on');
});
