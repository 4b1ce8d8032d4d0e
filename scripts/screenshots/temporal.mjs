/**
 * The pictures of Temporal's Web UI: the list with Drover's columns, an agent, an agent that has nothing to do, a run
 * with a fan-out, a failed change with its undo, and the form that sends a signal.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drover, images, onStage, PATIENCE_MS } from './stage.mjs';

/** A terminal's width of a page, so that texts stay readable in it. */
const SIZE = { width: 1340, height: 1000 };
/** The UI draws for a moment after its data have come; no event says when it is through. */
const SETTLED_MS = 1_500;
/** An agent's first deadline is a minute after its start; what an idle agent costs is what comes after it. */
const IDLE_MS = 120_000;
/** The key under which the UI keeps the columns of its list, by namespace. */
const COLUMNS_KEY = 'namespace-workflow-table-columns';
const COLUMNS = [
  'Status',
  'Workflow ID',
  'DroverFleet',
  'DroverAgentStatus',
  'DroverLiveness',
  'DroverHolds',
  'DroverRunState',
];

/** The scenes of the pictures. */
function play(cwd) {
  drover(cwd, ['run', 'mars', 'Collect the letters and assemble the secret word.', '--name', 'letters']);
  drover(cwd, ['pause', 'mars/AgentD', '--reason', 'budget of the day is spent']);
  const agents = [
    '    - {name: Writer, provider: process, process: {command: [sleep, "600"]}}',
    '    - {name: Critic, provider: process, process: {command: [sh, -c, "echo cannot open the model file; exit 3"]}}',
  ];
  const text = ['apiVersion: drover/v1', 'kind: Fleet', 'metadata: {name: desk}', 'spec:', '  agents:', ...agents];
  writeFileSync(join(cwd, 'desk.yaml'), `${text.join('\n')}\n`);
  drover(cwd, ['apply', '-f', 'desk.yaml']);
}

/** Makes them. */
export function temporalPictures() {
  return onStage({ fleets: ['mars', 'desk'] }, async ({ cwd, where, chrome }) => {
    const ui = where.webUi;
    mkdirSync(images, { recursive: true });
    const context = await chrome.newContext({ viewport: SIZE, timezoneId: 'UTC', locale: 'en-US' });
    await context.addInitScript(
      ([key, columns]) =>
        globalThis.localStorage.setItem(key, JSON.stringify({ default: columns.map((label) => ({ label })) })),
      [COLUMNS_KEY, COLUMNS],
    );
    const page = await context.newPage();
    const workflows = `${ui}/namespaces/default/workflows`;
    const open = async (url, text) => {
      await page.goto(url);
      await page.getByText(text).first().waitFor({ timeout: PATIENCE_MS });
      await page.waitForLoadState('networkidle', { timeout: 10_000 }).catch(() => undefined);
    };
    const tab = async (name, text) => {
      await page.getByRole('link', { name }).or(page.getByRole('tab', { name })).first().click();
      // The UI shows the details card in a frame of its own.
      await page
        .frameLocator('#user-metadata-current-details')
        .getByText(text)
        .first()
        .waitFor({ timeout: PATIENCE_MS });
      await sleep(SETTLED_MS);
    };
    const shoot = async (name) => {
      await page.screenshot({ path: join(images, `${name}.png`) });
      console.error(`  docs/images/${name}.png`);
    };
    const timeline = async (id, name) => {
      await open(`${workflows}/${encodeURIComponent(id)}`, 'Descending');
      await sleep(SETTLED_MS);
      await page.mouse.wheel(0, 10_000);
      await sleep(SETTLED_MS);
      await shoot(name);
    };
    await sleep(IDLE_MS);
    await timeline('agent/mars/AgentA', 'ui-idle');
    play(cwd);
    await open(
      `${workflows}?query=${encodeURIComponent('WorkflowType IN ("agent", "run", "fleet")')}`,
      'agent/mars/AgentD',
    );
    await shoot('ui-list');
    await open(`${workflows}/${encodeURIComponent('agent/mars/AgentD')}`, 'User Metadata');
    await tab('User Metadata', 'budget of the day is spent');
    await shoot('ui-agent');
    // The branch that has fanned out: its children are bars of their own.
    await timeline('run/mars/letters/0', 'ui-run');
    await open(`${workflows}/${encodeURIComponent('provision/desk/1')}`, 'User Metadata');
    await tab('User Metadata', 'Compensation');
    await shoot('ui-change');
    await open(`${workflows}/${encodeURIComponent('agent/mars/AgentA')}`, 'User Metadata');
    await page.getByRole('button', { name: 'More Actions' }).click();
    // The menu for narrow windows has the same entry, hidden.
    await page.getByText('Send a Signal').locator('visible=true').click();
    const form = page.getByTestId('signal-confirmation-modal');
    await form.getByRole('button', { name: 'Select a signal' }).click();
    await form.getByRole('option', { name: 'pause' }).click();
    await form.getByRole('textbox', { name: 'Data' }).fill('{"reason": "budget of the day is spent"}');
    await sleep(SETTLED_MS);
    await shoot('ui-signal');
  });
}
