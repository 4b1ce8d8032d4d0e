/** The stage of the pictures: a browser, and a real `drover up` with the fleet of examples/mars. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { root } from '../state.mjs';

export const images = join(root, 'docs/images');
const bin = join(root, 'bin/drover.js');
/** `drover up` and a page of the UI take seconds; a busy machine several times that. */
export const PATIENCE_MS = 180_000;

/** The program, installed if that is possible. */
function browser() {
  const named = process.env.CHROMIUM;
  if (named) return named;
  const found = () => spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  if (found()) return found();
  const install =
    'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium';
  if (process.getuid?.() === 0) spawnSync('sh', ['-c', install], { stdio: ['ignore', 2, 2] });
  if (found()) return found();
  throw new Error('no Chromium: install the package "chromium", or name a program in CHROMIUM');
}

/** Starts the browser. */
export function launchBrowser() {
  return chromium.launch({ executablePath: browser(), args: ['--no-sandbox'] });
}

/** Runs a command of Drover; its exit code and what it printed. */
export function drover(cwd, args) {
  const { status, stdout } = spawnSync(process.execPath, [bin, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  });
  return { status, stdout };
}

/** Waits until a look has a result. */
export async function until(look, what) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(200)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`never came about: ${what}`);
}

/** The fleet of examples/mars in a folder, with its text changed. */
function marsIn(cwd, change) {
  const mars = join(root, 'examples/mars');
  const text = readFileSync(join(mars, 'fleet.yaml'), 'utf8');
  const here = text.replaceAll('process: {command', `process: {cwd: ${JSON.stringify(mars)}, command`);
  writeFileSync(join(cwd, 'fleet.yaml'), change(here));
}

/**
 * Brings the fleet and the browser up, has `show` make pictures, and removes everything again. `show` gets the
 * folder, what `up.json` says, and the browser.
 */
export async function onStage({ change = (text) => text, fleets = ['mars'], env = {} }, show) {
  const cwd = mkdtempSync(join(tmpdir(), 'drover-screenshots-'));
  marsIn(cwd, change);
  const child = spawn(process.execPath, [bin, 'up', 'fleet.yaml'], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  await until(() => {
    if (child.exitCode !== null) throw new Error(`drover up did not come up:\n${said}`);
    return said.includes('Try next');
  }, 'drover up');
  const where = JSON.parse(readFileSync(join(cwd, '.drover/up.json'), 'utf8'));
  const chrome = await launchBrowser();
  try {
    await show({ cwd, where, chrome });
  } finally {
    await chrome.close();
    // The agents of a fleet run on when `drover up` ends.
    for (const fleet of fleets) drover(cwd, ['destroy', fleet, '--yes', '--wait']);
    child.kill('SIGINT');
    await new Promise((resolve) => child.once('close', resolve));
    rmSync(cwd, { recursive: true, force: true });
  }
}
