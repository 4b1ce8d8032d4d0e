/** The dashboard in a real browser, over a real `drover up` with real agents. */
import type { Browser, Page } from 'playwright-core';
import { until } from '../../src/lib/until';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drover, marsFile, type Running, start, startUp, temporaryFolder } from '../cli/commands/drover';
import { freePorts } from '../../src/dev/ports';
import { PATIENCE_MS } from '../support/patience';
import { accessibilityProblems, describeInBrowser, open, type Opened, startBrowser } from './browser';

const folder = temporaryFolder();
const cwd = folder.path;

/** The token that `drover up` has made for its directory. */
function operatorOf(directory: string): Readonly<Record<string, string>> {
  return { DROVER_OPERATOR_TOKENS: readFileSync(join(directory, '.drover/token'), 'utf8').trim() };
}

describeInBrowser('the dashboard', () => {
  let up: Running & Awaited<ReturnType<typeof startUp>>;
  let browser: Browser;
  let opened: Opened;
  let page: Page;
  let run = '';

  beforeAll(async () => {
    // The agent that dies below stays dead, so that it needs a person.
    const once = (text: string) => text.replace('name: AgentD\n', 'name: AgentD\n      restart: {on: never}\n');
    up = await startUp(cwd, [marsFile(cwd, 'mars', once)]);
    browser = await startBrowser();
    opened = await open(browser, await link());
    ({ page } = opened);
    page.setDefaultTimeout(PATIENCE_MS);
  });

  afterAll(async () => {
    await browser?.close();
    await folder.remove();
  });

  async function link(): Promise<string> {
    return (await drover(['dashboard'], cwd)).stdout.trim();
  }

  const seen = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const go = (path: string): Promise<unknown> => page.goto(`${up.where.gateway}/#/${path}`);

  test('a link logs in once', async () => {
    await seen('Nothing needs a person.');
    expect(page.url()).toBe(`${up.where.gateway}/#/`);
    const used = await open(browser, `${up.where.gateway}/#/login/used-or-invented`);
    await used.page.getByText('this login code is not valid').waitFor();
    expect(await used.page.locator('nav').count()).toBe(0);
    await used.context.close();
  });

  test('an agent is paused and resumed by keyboard alone, and the dialog names the command', async () => {
    await go('fleets/mars');
    await page.getByRole('link', { name: 'AgentA', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Enter');
    await seen('drover pause mars/AgentA');
    await page.locator('dialog[open]').getByLabel('Reason').focus();
    await page.keyboard.type('a look');
    await page.locator('dialog[open] button.main').focus();
    await page.keyboard.press('Enter');
    await page.locator('main .state', { hasText: 'paused' }).first().waitFor();
    expect((await drover(['describe', 'agent', 'mars/AgentA', '-o', 'json'], cwd)).stdout).toContain('a look');
    await page.getByRole('button', { name: 'Resume' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog[open] button.main').focus();
    await page.keyboard.press('Enter');
    await page.locator('main .state', { hasText: 'running' }).first().waitFor();
  });

  test('a refusal is shown in its own words, with what is allowed', async () => {
    await go('agents/mars/AgentB');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('dialog[open] button.main').click();
    await page.locator('dialog[open] .problem').getByText('cannot resume mars/AgentB').waitFor();
    expect(await page.locator('dialog[open] .problem').textContent()).toContain('pause');
    await page.locator('dialog[open]').getByRole('button', { name: 'Close' }).click();
  });

  test('an agent shows which moves are possible, why others are not, its log, and its workflow in Temporal', async () => {
    await go('agents/mars/AgentB');
    await seen('Possible now: pause, stop, restart, terminate, hold');
    await page.getByText('Possible now').click();
    await page.locator('main li', { hasText: 'cannot resume mars/AgentB: status running' }).waitFor();
    const [entry] = (await drover(['logs', 'mars/AgentB'], cwd)).stdout.trim().split('\n');
    await page.getByText('Log', { exact: true }).click();
    await page.locator('.log-tail', { hasText: entry ?? '?' }).waitFor();
    const workflow = await page.getByRole('link', { name: 'agent/mars/AgentB in Temporal' }).getAttribute('href');
    expect(workflow).toBe(`${String(up.where.webUi)}/namespaces/default/workflows/agent%2Fmars%2FAgentB`);
  });

  test('an agent that dies is on the list without a reload, and the badge counts the list', async () => {
    await go('');
    await seen('Nothing needs a person.');
    const { stdout } = await drover(['describe', 'agent', 'mars/AgentD', '-o', 'json'], cwd);
    process.kill((JSON.parse(stdout) as { pid: number }).pid, 'SIGKILL');
    await page.locator('.needs').getByText('agent failed').waitFor();
    expect(await page.locator('.badge').textContent()).toBe(String(await page.locator('.needs li').count()));
    expect(await page.title()).toBe('(1) Drover');
    await drover(['start', 'mars/AgentD'], cwd);
    await seen('Nothing needs a person.');
  });

  test('a run is started, and its branches and its answer are shown', async () => {
    await go('fleets/mars');
    await page.getByRole('button', { name: 'Start a run' }).click();
    await page.getByLabel('Task').fill('Spell the word.');
    await page.locator('dialog[open] button.main').click();
    await page.getByRole('heading', { name: 'Branches' }).waitFor();
    await page.getByText('MARS', { exact: true }).waitFor();
    expect(await page.locator('.tree li').count()).toBe(4);
    run = page.url().split('/').at(-1) ?? '';
  });

  test('an ended run shows the input and the reply of each turn, and is started again', async () => {
    await go(`runs/mars/${run}`);
    await page.getByText('Turns', { exact: true }).click();
    const turns = page.locator('details', { hasText: 'drover describe run' }).locator('li');
    await until(async () => (await turns.count()) === 6 || undefined, PATIENCE_MS);
    await turns.first().locator('summary').click();
    await turns.first().getByText('"Spell the word."').waitFor();
    await turns.first().getByRole('heading', { name: 'Reply' }).waitFor();

    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByText("drover run mars 'Spell the word.'").waitFor();
    await page.locator('dialog[open] button.main').click();
    const isOther = () => (page.url().endsWith(`/${run}`) ? undefined : true);
    expect(await until(isOther, PATIENCE_MS)).toBe(true);
    await page.getByText('MARS', { exact: true }).waitFor();
  });

  test('the screen of an agent names who did what to it', async () => {
    await go('agents/mars/AgentA');
    await page.getByText('Who did what').click();
    await page.locator('.log li', { hasText: '/v1/agents/mars/AgentA/pause' }).waitFor();
    expect(await page.locator('.log li', { hasText: 'operator from 127.0.0.1: POST' }).count()).toBeGreaterThan(1);
    // A command at a terminal is in no gateway's trail; the agent itself has recorded who gave it.
    await drover(['hold', 'mars/AgentA', '--hold', 'audit'], cwd, { DROVER_USER: 'nina' });
    await page.locator('.log li', { hasText: /nina from .*: drover hold mars\/AgentA/ }).waitFor();
    await drover(['release', 'mars/AgentA', '--hold', 'audit'], cwd, { DROVER_USER: 'otto' });
    const { stdout } = await drover(['audit', '--agent', 'mars/AgentA', '-o', 'json'], cwd);
    const { items } = JSON.parse(stdout) as { items: { who: string | null; method: string }[] };
    expect(items.map(({ who, method }) => `${who ?? ''} ${method}`)).toEqual([
      'operator POST',
      'operator POST',
      'nina hold',
      'otto release',
    ]);
  });

  test('a command without an answer, and pressed again, is given once', async () => {
    const keys: (string | undefined)[] = [];
    await opened.context.route('**/v1/runs', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      // The gateway takes the command; its answer is lost.
      await route.fetch();
      return route.abort();
    });
    await go('fleets/mars');
    await page.getByRole('button', { name: 'Start a run' }).click();
    await page.getByLabel('Task').fill('Spell it once.');
    await page.locator('dialog[open] button.main').click();
    await page.locator('dialog[open] .problem').getByText('the gateway does not answer').waitFor();
    await page.locator('dialog[open] button.main:enabled').click();
    await page.getByRole('heading', { name: 'Branches' }).waitFor();
    await opened.context.unroute('**/v1/runs');
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys).toEqual([keys[0], keys[0]]);
    const { stdout } = await drover(['get', 'runs', '-o', 'json'], cwd);
    const mine = (JSON.parse(stdout) as { items: { run: string }[] }).items.filter((one) =>
      page.url().endsWith(one.run),
    );
    expect(mine).toHaveLength(1);
  });

  test('a clock that is wrong is named, and ages are by the gateway', async () => {
    const other = await open(browser, await link(), {
      init: 'const now = Date.now; Date.now = () => now() + 3 * 3_600_000',
    });
    await other.page.getByText("The clock of this computer is 3 h ahead of the gateway's.").waitFor();
    await other.page.goto(`${up.where.gateway}/#/agents/mars/AgentA`);
    const age = other.page.locator('dd time').first();
    await age.waitFor();
    expect(await age.textContent()).toMatch(/^\d+ (s|min)$/);
    await other.context.close();
  });

  test('the topology shows who works now, as thick edges and in words', async () => {
    await drover(['pause', 'mars/AgentD'], cwd);
    await go('fleets/mars');
    await seen('No hand-over is under way.');
    await drover(['run', 'mars', 'Spell the word.', '--name', 'live', '--detach'], cwd);
    // AgentC has handed over to AgentD, which is paused.
    await page.getByRole('status').getByText('AgentC → AgentD').waitFor();
    expect(await page.locator('.topology .live title').allTextContents()).toContainEqual(
      expect.stringContaining('AgentC → AgentD'),
    );
    await go('runs/mars/live');
    await page.locator('.tree .barrier', { hasText: '2 arrived, 0 failed, 3 needed (1 open)' }).waitFor();
    const { stdout } = await drover(['describe', 'run', 'mars/live'], cwd);
    expect(stdout).toMatch(/BARRIER +OF +ARRIVED +FAILED +NEEDED +OPEN +WHY *\n0 +Orchestrator +2 +0 +3 +1 +-/);
    await drover(['resume', 'mars/AgentD'], cwd);
    await page.getByRole('heading', { name: 'Barriers' }).waitFor();
    expect(await page.locator('.tree .barrier').count()).toBe(0);
    await go('fleets/mars');
    await seen('No hand-over is under way.');
  });

  test('a fleet shows the turns, the queue and the last beat of its agents, and - for one that does not answer', async () => {
    await drover(['pause', 'mars/AgentD'], cwd);
    await drover(['run', 'mars', 'Spell the word.', '--name', 'queued', '--detach'], cwd);
    await opened.context.route('**/v1/agents/mars/AgentA', (route) => route.fulfill({ status: 503, json: {} }));
    await go('fleets/mars');
    const cells = (agent: string) => page.locator('tr', { hasText: agent }).locator('td').allTextContents();
    const shown = async (agent: string) => (await cells(agent)).slice(5, 8);
    await until(async () => ((await shown('AgentD'))[1] === '1' ? true : undefined), PATIENCE_MS);
    expect(await shown('AgentD')).toEqual(['0', '1', expect.stringMatching(/^\d+ s$/)]);
    expect(await shown('AgentA')).toEqual(['-', '-', '-']);
    await opened.context.unroute('**/v1/agents/mars/AgentA');
    await drover(['resume', 'mars/AgentD'], cwd);
    await until(async () => ((await shown('AgentA'))[0] === '0' ? true : undefined), PATIENCE_MS);
    await until(async () => ((await shown('AgentD'))[1] === '0' ? true : undefined), PATIENCE_MS);
  });

  test('the connection is lost and found: buttons are off, and then on', async () => {
    await go('agents/mars/AgentB');
    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.waitFor();
    await opened.context.setOffline(true);
    await seen('The connection to the gateway is lost.');
    expect(await pause.isDisabled()).toBe(true);
    await opened.context.setOffline(false);
    await until(async () => (await pause.isEnabled()) || undefined, PATIENCE_MS);
  });

  test('a gateway that is killed and comes back: the page says so, shows what it missed, and gives a command once', async () => {
    const [port = 0] = await freePorts(1);
    const address = `http://127.0.0.1:${String(port)}`;
    const settings = { DROVER_GATEWAY_PORT: String(port), TEMPORAL_ADDRESS: up.where.temporal };
    const begin = async (): Promise<Running> => {
      const gateway = start(['gateway'], cwd, settings);
      await until(() => gateway.output.stderr.includes('gateway at') || undefined, PATIENCE_MS);
      return gateway;
    };
    const kill = async (gateway: Running): Promise<void> => {
      gateway.process.kill('SIGKILL');
      await gateway.ended;
    };
    let gateway = await begin();
    const { stdout } = await drover(['dashboard'], cwd, { DROVER_GATEWAY_URL: address, ...operatorOf(cwd) });
    const other = await open(browser, stdout.trim());
    other.page.setDefaultTimeout(PATIENCE_MS);
    const shown = (text: string) => other.page.getByText(text).first().waitFor();
    await other.page.getByRole('navigation').waitFor();
    await other.page.goto(`${address}/#/fleets/mars`);
    await other.page.getByRole('button', { name: 'Start a run' }).click();
    await other.page.getByLabel('Task').fill('Spell it after the crash.');

    // The gateway takes the command and dies before its answer arrives.
    const keys: (string | undefined)[] = [];
    await other.context.route('**/v1/runs', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback();
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      await kill(gateway);
      return route.abort();
    });
    await other.page.locator('dialog[open] button.main').click();
    await other.page.locator('dialog[open] .problem').getByText('the gateway does not answer').waitFor();
    await shown('The connection to the gateway is lost.');
    expect(await other.page.locator('dialog[open] button.main').isDisabled()).toBe(true);

    await drover(['pause', 'mars/AgentB'], cwd);
    gateway = await begin();
    await other.page.locator('dialog[open] button.main:enabled').click();
    await other.page.getByRole('heading', { name: 'Branches' }).waitFor();
    expect(keys).toEqual([keys[0], keys[0]]);
    const { items } = JSON.parse((await drover(['get', 'runs', '-o', 'json'], cwd)).stdout) as {
      items: { run: string }[];
    };
    expect(items.filter(({ run: name }) => other.page.url().endsWith(name))).toHaveLength(1);
    expect(await other.page.getByText('The connection to the gateway is lost.').count()).toBe(0);
    // The page shows past and present changes without a reload.
    await other.page.goto(`${address}/#/agents/mars/AgentB`);
    await other.page.locator('main .state', { hasText: 'paused' }).first().waitFor();
    await drover(['resume', 'mars/AgentB'], cwd);
    await other.page.locator('main .state', { hasText: 'running' }).first().waitFor();
    await other.context.close();
    await kill(gateway);
  });

  test('every screen passes axe, at two widths, light and dark, and fits its width', async () => {
    const screens = ['', 'fleets', 'fleets/mars', 'agents/mars/AgentA', 'runs', `runs/mars/${run}`, 'inbox', 'pools'];
    for (const width of [1280, 320]) {
      for (const scheme of ['light', 'dark'] as const) {
        const other = await open(browser, await link(), { width, scheme });
        await other.page.getByRole('heading', { level: 1 }).first().waitFor();
        for (const screen of screens) {
          await other.page.goto(`${up.where.gateway}/#/${screen}`);
          await other.page.getByRole('heading', { level: 1 }).first().waitFor();
          await until(async () => (await other.page.getByText('Reading …').count()) === 0 || undefined, PATIENCE_MS);
          expect({ screen, width, scheme, problems: await accessibilityProblems(other.page) }).toEqual({
            screen,
            width,
            scheme,
            problems: [],
          });
          expect(await other.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        }
        expect(other.errors).toEqual([]);
        expect(other.foreign).toEqual([]);
        await other.context.close();
      }
    }
  });

  test('the table is sorted and filtered by the address, so that a link shows the same', async () => {
    await go('fleets/mars?sort=-Agent&filter=agent');
    const names = page.locator('tbody tr td:first-child');
    await names.first().waitFor();
    expect((await names.allTextContents()).at(0)).toBe('AgentD');
    await page.getByRole('searchbox').fill('AgentB');
    await until(async () => (await names.count()) === 1 || undefined, PATIENCE_MS);
    expect(page.url()).toContain('filter=AgentB');
  });

  test('a viewer sees no buttons, and its calls are refused', async () => {
    const { stdout } = await drover(['token', 'create', '--role', 'viewer', '--name', 'guest'], cwd);
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    const code = await until(async () => {
      const answer = await fetch(`${up.where.gateway}/v1/login-codes`, { method: 'POST', headers });
      return answer.ok ? ((await answer.json()) as { code: string }).code : undefined;
    }, PATIENCE_MS);
    const guest = await open(browser, `${up.where.gateway}/#/login/${String(code)}`);
    await guest.page.goto(`${up.where.gateway}/#/agents/mars/AgentA`);
    await guest.page.getByText('Last proof of life').waitFor();
    expect(await guest.page.locator('main button').count()).toBe(0);
    const refused = await guest.page.evaluate(`(async () => {
      const { csrf } = await (await fetch('/v1/session')).json();
      const headers = { 'content-type': 'application/json', 'x-drover-csrf': csrf };
      return (await fetch('/v1/agents/mars/AgentA/pause', { method: 'POST', headers, body: '{}' })).status;
    })()`);
    expect(refused).toBe(403);
    await guest.context.close();
  });

  test('nothing came from elsewhere, and no script has failed', () => {
    expect(opened.foreign).toEqual([]);
    expect(opened.errors).toEqual([]);
  });
});
