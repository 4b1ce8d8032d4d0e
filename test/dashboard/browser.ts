/** A real browser on the dashboard of a gateway. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const named = process.env['CHROMIUM'];

/** The browser's program: `CHROMIUM`, or `chromium` on PATH; undefined without one. */
export const CHROMIUM: string | undefined =
  named ?? (spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim() || undefined);

/** Tests of the dashboard; skipped by name without a browser. */
export const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;

/** Starts the browser. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
}

/** A page on the dashboard, logged in by a link. Requests to anything but the gateway fail the test that looks at `foreign`. */
export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly foreign: string[];
  /** The errors that the page has written to its console. */
  readonly errors: string[];
}

/** Opens a link in a context of its own. `init` runs before the page's own script. */
export async function open(
  browser: Browser,
  link: string,
  {
    width = 1280,
    scheme = 'light',
    init = '',
  }: { readonly width?: number; readonly scheme?: 'light' | 'dark'; readonly init?: string } = {},
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme });
  const own = new URL(link).origin;
  const foreign: string[] = [];
  const errors: string[] = [];
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(own) || url.startsWith('data:')) return route.continue();
    foreign.push(url);
    return route.abort();
  });
  await context.addInitScript(init);
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(link);
  return { context, page, foreign, errors };
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** The findings of axe-core on a page, as `rule: element`. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run().then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`);
}
