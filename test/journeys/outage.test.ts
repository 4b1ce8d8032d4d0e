/** Failures of agents while up runs: a hang, a task that ends its process, a rate limit, an end in Temporal's UI. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Place, type Terminal, timed } from './terminal';

const FLEET = `apiVersion: drover/v1
kind: Fleet
metadata: {name: own}
spec:
  agents:
    - name: Py
      provider: process
      process: {command: [node, agent.mjs]}
      liveness: {heartbeatEvery: 500ms, staleAfter: 3s, startupGrace: 20s}
      restart: {on: offline, backoff: {initial: 200ms}}
  topology: {flows: ["Start -> Py", "Py -> End"]}
`;

/** `poison` ends the process; `limited` meets a rate limit once; anything else is the answer. */
const AGENT = `
if (turn.input.value === 'poison') process.exit(9);
if (turn.input.value === 'limited' && !existsSync('limited')) {
  writeFileSync('limited', '');
  return fail('429 Too Many Requests: rate limit exceeded');
}
return final(turn.input.value);`;

let place: Place;
let up: Terminal;
let other: Terminal;

beforeAll(async () => {
  place = new Place();
  place.write('fleet.yaml', FLEET);
  place.writeAgent('agent.mjs', AGENT, "import { existsSync, writeFileSync } from 'node:fs';");
  [up, other] = [place.terminal(), place.terminal()];
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
});

afterAll(() => place.close());

async function untilShown(command: string, wanted: RegExp): Promise<void> {
  for (;;) if (wanted.test((await other.run(command)).text)) return;
}

test('a hung agent is restarted, and up says so', async () => {
  const { text } = await other.run(`drover describe agent own/Py -o json | grep '"pid"'`);
  process.kill(Number(/"pid": (\d+)/.exec(text)?.[1]), 'SIGSTOP');
  await timed('a hung agent runs again', () => untilShown('drover get agents', /own\/Py +running +ready +running +1 /));
  await up.shows(/own\/Py.*(?:restart|hang|silent|stopped)/i);
});

test('a poison task fails alone, its cause is named, and the next task succeeds', async () => {
  const { text, code } = await other.run('drover run own poison --name poison');
  expect(code).not.toBe(0);
  expect(text).toMatch(/the process of own\/Py ended 2 times during this turn \(exited with code 9/);
  expect((await other.run('drover run own hello')).text).toMatch(/^hello$/m);
});

test('a rate limit without a pool is waited out within the turn', async () => {
  const { text, code } = await other.run('drover run own limited --name limited');
  expect([text, code]).toEqual([expect.stringMatching(/^limited$/m), 0]);
  // Both attempts can be read afterwards.
  const { text: turns } = await other.run('drover describe run own/limited --turns');
  expect(turns).toMatch(
    /attempt 1, [^]*input: .*"limited"[^]*reply: .*429 Too Many[^]*attempt 2, [^]*reply: .*"final"/,
  );
});

test("an agent that is terminated in Temporal's UI is named with the way on, and comes back by an apply", async () => {
  const { temporal } = JSON.parse(readFileSync(join(place.folder, '.drover/up.json'), 'utf8')) as { temporal: string };
  const connection = await Connection.connect({ address: temporal });
  // The UI's button calls the same.
  await new Client({ connection }).workflow.getHandle('agent/own/Py').terminate('by hand');
  await connection.close();
  expect((await other.run('drover describe agent own/Py')).text).toMatch(/terminated[^]*drover apply/);
  expect((await other.run('drover describe fleet own')).text).toMatch(/Py[^]*terminated/);
  expect((await other.run('drover plan -f fleet.yaml')).text).toMatch(
    /create {2}own\/Py \(its workflow was terminated/,
  );
  expect((await other.run('drover apply -f fleet.yaml --yes')).code).toBe(0);
  expect((await other.run('drover run own again')).text).toMatch(/^again$/m);
});

test('a destroyed fleet ends its runs with that reason', async () => {
  await other.run('drover pause own/Py');
  await other.run('drover run own waits --name waiting --detach');
  expect((await other.run('drover destroy own --yes')).code).toBe(0);
  const { text } = await other.run('drover describe run own/waiting');
  expect(text).toMatch(/cancelled/);
  expect(text).toContain('fleet own is destroyed');
});
