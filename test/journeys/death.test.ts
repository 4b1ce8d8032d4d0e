/** An agent's process dies, and a machine restarts: what a person sees, and when. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place, type Terminal, timed } from './terminal';

const FLEET = `apiVersion: drover/v1
kind: Fleet
metadata: {name: own}
spec:
  # Nothing is restarted, so that the death stays on the screen.
  restart: {on: never}
  agents:
    - {name: Idle, provider: process, process: {command: [node, agent.mjs]}}
    - {name: Other, provider: process, process: {command: [node, agent.mjs]}}
`;

let place: Place;

beforeEach(() => {
  place = new Place();
  place.write('fleet.yaml', FLEET);
  place.writeAgent('agent.mjs', 'return final(turn.input.value);');
});

afterEach(() => place.close());

/** The process of an agent, as `describe` says it. */
async function pidOf(terminal: Terminal, agent: string): Promise<number> {
  const { text } = await terminal.run(`drover describe agent own/${agent} -o json | grep '"pid"'`);
  return Number(/"pid": (\d+)/.exec(text)?.[1]);
}

/** Asks again and again, as a person would. */
async function untilListed(terminal: Terminal, wanted: RegExp): Promise<void> {
  for (;;) {
    const { text } = await terminal.run('drover get agents');
    if (wanted.test(text)) return;
  }
}

test('kill -9 of an idle agent is on the screen at once', async () => {
  const [up, other] = [place.terminal(), place.terminal()];
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
  const pid = await pidOf(other, 'Idle');
  await other.run(`kill -9 ${String(pid)}`);
  await timed('get agents says so after kill -9', () => untilListed(other, /own\/Idle +failed/));
  expect(other.screen()).toMatch(/own\/Other +running/);
});

test('after a reboot, up says within seconds what no longer runs', async () => {
  const [up, other] = [place.terminal(), place.terminal()];
  await up.type('drover up fleet.yaml');
  await up.shows('Ctrl-C stops');
  const pids = [await pidOf(other, 'Idle'), await pidOf(other, 'Other')];
  const { pid } = JSON.parse(readFileSync(join(place.folder, '.drover/up.json'), 'utf8')) as { pid: number };
  // All at once and without a word, with the shells that lead the agents.
  for (const one of [pid, ...pids.map((agent) => -groupOf(agent))]) process.kill(one, 'SIGKILL');
  await up.shows(/Killed|\$ $/);
  await up.type('drover up');
  await up.shows('Ctrl-C stops');
  await timed('get agents says so after a reboot', () => untilListed(other, /own\/Idle +failed[^]*own\/Other +failed/));
});

function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}
