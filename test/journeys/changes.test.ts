/** Changes that do not go through: a wrong secret, a second apply, a cancel, a rollback; and a scale. */
import { Place, type Terminal } from './terminal';

const FLEET = `apiVersion: drover/v1
kind: Fleet
metadata: {name: own}
spec:
  agents:
    - {name: Py, provider: process, process: {command: [node, agent.mjs]}}
    - {name: Many, provider: process, process: {command: [node, agent.mjs]}, replicas: 1}
  topology: {flows: ["Start -> Py", "Py -> End"]}
`;

let place: Place;
let other: Terminal;

beforeAll(async () => {
  place = new Place();
  place.write('fleet.yaml', FLEET);
  place.writeAgent('agent.mjs', 'return final(turn.input.value);');
  other = place.terminal();
  const up = place.terminal();
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
});

afterAll(() => place.close());

test('a wrong secret is named before anything is touched, and the old agent runs on', async () => {
  place.write(
    'wrong.yaml',
    FLEET.replace('{command: [node, agent.mjs]}', '{command: [node, agent.mjs], env: {API_KEY: "env:UNSET_KEY"}}'),
  );
  await other.type('drover apply -f wrong.yaml; echo "exit code $?"');
  // It asks before it replaces, with what changes.
  const asked = await other.shows('Go on? [y/N]');
  expect(asked).toMatch(/replace own\/Py \(process\.env\.API_KEY\)\n +process\.env\.API_KEY: - → "env:UNSET_KEY"/);
  other.press('y\r');
  const text = await other.shows(/^exit code [1-9]/m);
  expect(text).toContain('nothing was changed');
  expect(text).toMatch(/own\/Py: process\.env\.API_KEY: secret env:UNSET_KEY: .*set it for the worker/);
  expect((await other.run('drover run own hello')).text).toMatch(/^hello$/m);
});

test('without a yes, nothing is done', async () => {
  await other.type('drover apply -f wrong.yaml; echo "exit code $?"');
  await other.shows('Go on? [y/N]');
  other.press('n\r');
  expect(await other.shows(/^exit code [1-9]/m)).toContain('nothing was done');
});

test('a second apply during a change is refused with the way on; cancel takes the first one back, and so does destroy', async () => {
  place.write(
    'silent.yaml',
    FLEET.replace('{name: own}', '{name: slow}').replaceAll('[node, agent.mjs]', '[sleep, "300"]'),
  );
  expect((await other.run('drover apply -f silent.yaml --yes --no-wait')).code).toBe(0);
  const second = await other.run('drover apply -f silent.yaml --yes --no-wait');
  expect(second.code).toBe(5);
  expect(second.text).toMatch(/is being changed \(revision 1\).*--wait.*drover cancel slow/);
  const cancelled = await other.run('drover cancel slow');
  expect(cancelled.text).toMatch(/revision 1 of fleet slow is rolled_back/);
  expect((await other.run('drover cancel slow')).text).toContain('has no change to cancel');
  await other.run('drover apply -f silent.yaml --yes --no-wait');
  expect((await other.run('drover destroy slow --yes')).text).toMatch(/is being changed/);
  const destroyed = await other.run('drover destroy slow --cancel --yes');
  expect(destroyed.text).toMatch(/fleet slow: cancels the change that runs, and undoes it first \(revision \d+\)/);
  expect([destroyed.text, destroyed.code]).toEqual([expect.stringContaining('fleet slow is destroyed'), 0]);
  expect((await other.run('drover get agents')).text).not.toContain('slow/');
});

test('scale up, and the name of a service stands for its replicas', async () => {
  expect((await other.run('drover scale own/Many 3')).code).toBe(0);
  expect((await other.run('drover get agents')).text).toMatch(
    /own\/Many-1 +running[^]*own\/Many-2 +running[^]*own\/Many-3 +running/,
  );
  const paused = await other.run('drover pause own/Many');
  expect(paused.text).toMatch(/own\/Many-1 is paused[^]*own\/Many-2 is paused[^]*own\/Many-3 is paused/);
  expect((await other.run('drover resume own/Many')).code).toBe(0);
  expect((await other.run('drover logs own/Many')).text).toMatch(/^Many-\d: /m);
});

test('what needs one agent names the replicas, on the command line and over HTTP; scale down', async () => {
  for (const verb of ['describe', 'describe agent', 'terminate --yes'])
    expect((await other.run(`drover ${verb} own/Many`)).text).toMatch(
      /own\/Many is a service; name one of its replicas: own\/Many-1, /,
    );
  const listed = await other.run('drover get agents own/Many -o name');
  expect(listed.text).toMatch(/^own\/Many-1\nown\/Many-2\nown\/Many-3$/m);
  expect((await other.run('drover get agents own/None')).text).toContain('agent own/None does not exist');
  const called = 'curl -s -H "authorization: Bearer $(cat $(node -p \'require(`./.drover/up.json`).tokenFile\'))"';
  const url = "$(node -p 'require(`./.drover/up.json`).gateway')/v1/agents/own/Many";
  for (const call of [url, `-H 'content-type: application/json' -d '{}' ${url}/pause`])
    // The body has no newline at its end.
    expect((await other.run(`${called} ${call}; echo`)).text).toMatch(
      /own\/Many is a service; name one of its replicas: own\/Many-1, own\/Many-2, own\/Many-3"[^]*"code":"AgentNotFound"/,
    );
  expect((await other.run('drover scale own/Many 1')).code).toBe(0);
  expect((await other.run('drover get agents')).text).not.toMatch(/Many-[23]/);
});

test('the log of an agent that was rolled back says why', async () => {
  place.write('crashes.mjs', "console.log('the cause of it all'); process.exit(4);");
  place.write('crashing.yaml', FLEET.replace('{name: own}', '{name: bad}').replaceAll('agent.mjs', 'crashes.mjs'));
  const { text, code } = await other.run('drover apply -f crashing.yaml --yes');
  expect(code).not.toBe(0);
  expect(text).toMatch(/bad\/Py, bad\/Many-1: exited with code 4: the cause of it all/);
  expect((await other.run('drover logs bad/Py')).text).toContain('the cause of it all');
});
