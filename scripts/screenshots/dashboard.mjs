/**
 * The pictures of the dashboard: the fleet of examples/mars with a paused agent, a failed one, an open question
 * and a run under way. With `all` every screen is also written to .cache/screenshots at two widths, light and dark.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../state.mjs';
import { drover, images, onStage, PATIENCE_MS, until } from './stage.mjs';

/** AgentB stays dead, and two agents use a pool. */
const change = (text) =>
  text
    .replace('name: AgentB\n', 'name: AgentB\n      restart: {on: never}\n      subscription: {pool: claude}\n')
    .replace('name: AgentA\n', 'name: AgentA\n      subscription: {pool: claude}\n') +
  `  subscriptions:
    - pool: claude
      inject: {env: ANTHROPIC_API_KEY}
      credentials: [{name: sub-a, secret: "env:CLAUDE_A"}, {name: sub-b, secret: "env:CLAUDE_B"}]
`;

/** A fleet that may ask a person; its runs are scripted. */
const PRESS = (agent) => `apiVersion: drover/v1
kind: Fleet
metadata: {name: press}
spec:
  agents:
    - name: Editor
      provider: process
      process: {cwd: ${JSON.stringify(agent)}, command: [node, letters.mjs], env: {LETTERS: E}}
  inbox: {deadline: 72h, onDeadline: hold}
  topology:
    flows: [Start -> Editor, Editor -> User, Editor -> End]
`;

const ASKS = `Editor:
  - action: ask
    question:
      kind: permission
      prompt: May I publish the word MARS on the front page?
      options: ["yes", "no"]
      context: "The page has 12,000 readers a day. The word was assembled from three letters of this fleet."
  - {action: final, response: MARS}
`;

/** An agent that fails with a long error. */
const DESK = `apiVersion: drover/v1
kind: Fleet
metadata: {name: desk}
spec:
  agents:
    - name: Critic
      provider: process
      process: {command: [sh, -c, "for line in 1 2 3 4 5 6 7 8 9 10; do echo line $line of the error; done; exit 3"]}
`;

/** Each screen by the name of its picture, with a text that it shows when it is complete. */
const SCREENS = [
  ['now', '', 'agent failed'],
  ['fleet', 'fleets/mars', 'Now:'],
  ['agent', 'agents/mars/AgentD', 'Possible now'],
  ['failed', 'agents/mars/AgentB', 'Possible now'],
  ['run', 'runs/mars/letters', 'Branches'],
  ['asking', 'runs/press/front-page', 'asks'],
  ['inbox', 'inbox', 'front page'],
  ['pools', 'pools', 'sub-b'],
  ['fleets', 'fleets', 'press'],
  ['runs', 'runs', 'letters'],
];
/** Those of the README and of docs/dashboard.md. */
const COMMITTED = ['now', 'fleet', 'agent', 'run', 'inbox', 'pools'];

async function play(cwd) {
  drover(cwd, ['pause', 'mars/AgentD', '--reason', 'budget of the day is spent']);
  drover(cwd, ['run', 'mars', 'Collect the letters and assemble the secret word.', '--name', 'letters', '--detach']);
  writeFileSync(join(cwd, 'press.yaml'), PRESS(join(root, 'examples/mars')));
  drover(cwd, ['apply', '-f', 'press.yaml', '--yes']);
  writeFileSync(join(cwd, 'asks.yaml'), ASKS);
  drover(cwd, ['run', 'press', 'Publish it.', '--name', 'front-page', '--script', 'asks.yaml', '--detach']);
  writeFileSync(join(cwd, 'desk.yaml'), DESK);
  drover(cwd, ['apply', '-f', 'desk.yaml', '--yes']);
  const view = (kind, name) => JSON.parse(drover(cwd, ['describe', kind, name, '-o', 'json']).stdout);
  const isAtD = () => view('run', 'mars/letters').branches.some(({ agents }) => agents.at(-1) === 'AgentD');
  await until(isAtD, 'the hand-over to AgentD');
  process.kill(view('agent', 'mars/AgentB').pid, 'SIGKILL');
  await until(() => view('agent', 'mars/AgentB').status === 'failed', 'the end of AgentB');
}

async function shoot(page, path, name) {
  await page.screenshot({ path: join(path, `${name}.png`), fullPage: true });
  console.error(`  ${join(path, name)}.png`);
}

/** Makes them. */
export function dashboardPictures(all) {
  const env = { CLAUDE_A: 'not-a-real-key-of-the-pictures', CLAUDE_B: 'another-key-of-the-pictures' };
  return onStage({ change, fleets: ['mars', 'desk', 'press'], env }, async ({ cwd, where, chrome }) => {
    await play(cwd);
    const looks = [
      { width: 1280, scheme: 'light' },
      ...(all
        ? [
            [1280, 'dark'],
            [320, 'light'],
            [320, 'dark'],
          ].map(([width, scheme]) => ({ width, scheme }))
        : []),
    ];
    const folder = join(root, '.cache/screenshots');
    for (const path of [images, folder]) mkdirSync(path, { recursive: true });
    for (const { width, scheme } of looks) {
      const context = await chrome.newContext({ viewport: { width, height: 640 }, colorScheme: scheme });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.goto(drover(cwd, ['dashboard']).stdout.trim());
      await page.getByRole('navigation').waitFor();
      for (const [name, path, text] of SCREENS) {
        await page.goto(`${where.gateway}/#/${path}`);
        await page.getByText(text).first().waitFor();
        // The lists of a screen arrive beside each other.
        await sleep(1_000);
        if (all) await shoot(page, folder, `${name}-${String(width)}-${scheme}`);
        if (width === 1280 && scheme === 'light' && COMMITTED.includes(name))
          await shoot(page, images, `dashboard-${name}`);
      }
      await context.close();
    }
  });
}
