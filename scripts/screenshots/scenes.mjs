/**
 * Pictures of what a real fleet rarely shows: empty lists, the longest names, 500 agents, a run of 300 branches, an
 * error of ten lines, a clock that is wrong, a lost connection. The lists come from a server of this script, as in
 * test/soak/dashboard-large, and the page is the built one.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../state.mjs';
import { launchBrowser, PATIENCE_MS } from './stage.mjs';

const AGENTS = 500;
const BRANCHES = 300;
const HOUR = 3_600_000;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const ago = (ms) => new Date(Date.now() - ms).toISOString();

/** A name of 63 characters. */
const longName = (start, index) => `${start}-${String(index).padStart(61 - start.length, '0')}x`;
const FLEET = longName('customer-support-fleet', 1);
const AGENT = longName('Agent', 1);
const RUN = longName('run', 1);
const POOL = longName('pool', 1);
const ERROR = Array.from(
  { length: 10 },
  (_, line) => `line ${line + 1}: cannot read property "letters" of undefined`,
).join('\n');
const PHASES = ['running', 'paused', 'stopped', 'starting', 'draining', 'unknown'];
const page = (items) => ({ items, nextPageToken: null });

function agentItem(index) {
  const isFailed = index % 50 === 1;
  const phase = isFailed ? 'failed' : PHASES[index % PHASES.length];
  return {
    fleet: FLEET,
    name: longName('Agent', index),
    status: 'running',
    liveness: index % 7 === 0 ? 'offline' : 'ready',
    phase,
    runtime: 'running',
    restarts: index % 7,
    since: ago(index * 60_000),
    holds: phase === 'paused' ? ['operator', 'budget-of-the-day'] : [],
    subscription: `${POOL.slice(0, 20)}/sub-${index % 3}`,
    why: isFailed
      ? `the process exited with 3\n${ERROR}`
      : phase === 'paused'
        ? 'held by operator: budget of the day'
        : null,
    problem: null,
  };
}

const branch = (index) => ({
  id: index === 0 ? '0' : `0.${index}`,
  parent: index === 0 ? null : '0',
  agents: index % 3 === 0 ? [longName('Agent', index)] : [longName('Agent', index), longName('Agent', index + 1)],
  turns: index % 4,
  outcome: index % 10 === 3 ? 'failed' : index % 4 === 0 ? 'completed' : 'running',
  error: index % 10 === 3 ? ERROR : null,
  startedAt: ago(index * 1_000),
  endedAt: index % 4 === 0 || index % 10 === 3 ? ago(500) : null,
});

const item = (kind, index) => ({
  id: `${FLEET}.${RUN}.${index}`,
  kind,
  fleet: FLEET,
  run: RUN,
  branch: '0.1',
  agent: AGENT,
  prompt:
    'May I send the refund of 1,250.00 EUR to the customer? The invoice is two years old and has no order number.',
  ...(kind === 'permission' && { options: ['allow once', 'allow always for this customer', 'deny'] }),
  context: kind === 'gate' ? { from: AGENT, to: longName('Agent', 2), value: ERROR } : null,
  askedAt: ago(26 * HOUR),
  deadline: new Date(Date.now() + 46 * HOUR).toISOString(),
  onDeadline: kind === 'gate' ? 'hold' : 'fail',
  isExpired: false,
  isPaused: kind === 'question',
  digest: 'd',
});

const agentView = {
  ...agentItem(1),
  turns: { inFlight: 1, queued: 12 },
  holds: [{ name: 'operator', reason: 'budget of the day is spent', since: ago(HOUR) }],
  provider: 'process',
  resourceId: 'r',
  pid: 12_345,
  host: longName('host', 1),
  instanceId: 'i',
  endpoint: 'http://127.0.0.1:40123/',
  subscription: { pool: POOL, name: longName('sub', 1) },
  registeredAt: ago(HOUR),
  lastProofAt: ago(7_000),
  usage: { turns: 1_204, costUsd: 31.4, inputTokens: 4_000_123, outputTokens: 900_456 },
  session: 'a-session',
  incarnation: 'inc',
  revision: 12,
  beats: { everyMs: 10_000, staleAfterMs: 30_000 },
  openTurns: Array.from({ length: 6 }, (_, index) => ({
    turnId: `${RUN}/0.${index}/3`,
    run: RUN,
    state: index === 0 ? 'running' : 'queued',
    attempt: index + 1,
    since: ago(index * 90_000),
    error: index === 1 ? ERROR : null,
  })),
  decisions: Array.from({ length: 20 }, (_, index) => ({
    at: ago((20 - index) * 60_000),
    by: index % 2 === 0 ? `alice from 10.0.0.7, request 7f3d2c1a-0b9e-4d55-8a21-6f4f0c1f2a3${index % 10}` : 'drover',
    what: index % 2 === 0 ? 'pause' : 'suspend begins',
    accepted: index % 5 !== 0,
    before: 'running/running/ready',
    after: 'paused/running/ready [operator]',
    why: index % 4 === 0 ? ERROR : null,
  })),
  moves: ['pause', 'resume', 'stop', 'start', 'restart', 'terminate', 'hold', 'release'].map((command, index) => ({
    command,
    why: index % 3 === 0 ? null : `cannot ${command} ${FLEET}/${AGENT}: status failed permits start, terminate, hold`,
  })),
};

const fleetView = {
  fleet: FLEET,
  revision: 12,
  change: {
    changeId: 'c',
    revision: 12,
    state: 'rolled_back',
    steps: { created: 1, woken: 1, ready: 1, total: 3 },
    agents: [1, 2, 3].map((index) => ({
      agent: longName('Agent', index),
      kind: 'create',
      step: index === 2 ? 'failed' : 'undone',
      error: index === 2 ? ERROR : null,
    })),
    error: `${FLEET}/${longName('Agent', 2)}: the process exited with 3\n${ERROR}`,
  },
  holds: [],
  agents: {},
  spec: { agents: [] },
  usage: agentView.usage,
  topology: {
    nodes: ['Start', 'End', 'User', ...Array.from({ length: 9 }, (_, index) => longName('Agent', index + 1))],
    edges: [
      ...Array.from({ length: 8 }, (_, index) => ({ from: AGENT, to: longName('Agent', index + 2) })),
      ...Array.from({ length: 8 }, (_, index) => ({ from: longName('Agent', index + 2), to: 'End' })),
      { from: 'Start', to: AGENT },
      { from: AGENT, to: 'User' },
    ],
  },
};

const runView = {
  fleet: FLEET,
  run: RUN,
  state: 'running',
  question: null,
  result: null,
  branches: Array.from({ length: BRANCHES }, (_, index) => branch(index)),
  compensation: null,
  task: { customer: 'Jane Doe', invoice: 4711, wish: 'a refund of everything, with the reasons for each position' },
  startedAt: ago(26 * HOUR),
  endedAt: null,
  startedBy: 'alice from 10.0.0.7, request deploy-7',
  waits: [
    {
      branch: '0.1',
      agent: AGENT,
      turnId: null,
      attempt: 1,
      since: ago(HOUR),
      isStill: true,
      why: `${AGENT} is paused`,
    },
  ],
};

const poolView = {
  pool: POOL,
  credentials: [0, 1, 2].map((index) => ({
    name: longName('sub', index),
    agents: Array.from({ length: 170 }, (_, agent) => `${FLEET}/${longName('Agent', agent)}`),
    failuresInWindow: index * 3,
    skippedUntil: index === 0 ? null : new Date(Date.now() + index * HOUR).toISOString(),
  })),
  exhaustedUntil: new Date(Date.now() + HOUR).toISOString(),
};

const SESSION = { name: 'operator', role: 'admin', fleets: null, csrf: 'x', temporalUi: 'http://127.0.0.1:1' };
const EMPTY = {
  '/v1/session': SESSION,
  '/v1/agents': page([]),
  '/v1/fleets': page([]),
  '/v1/runs': page([]),
  '/v1/pools': page([]),
  '/v1/inbox': { items: [], unanswered: [] },
  '/v1/audit': { items: [], unread: 0, problem: null },
};
const runItem = (index) => ({
  fleet: FLEET,
  run: longName('run', index),
  state: ['running', 'failed', 'completed', 'cancelled', 'unknown'][index % 5],
  startedAt: ago(index * HOUR),
  endedAt: index % 5 === 0 ? null : ago(index * HOUR - 60_000),
  problem: null,
});
const FULL = {
  ...EMPTY,
  '/v1/agents': page(Array.from({ length: AGENTS }, (_, index) => agentItem(index))),
  '/v1/fleets': page([
    { fleet: FLEET, revision: 12, state: 'failed', agents: AGENTS, ready: 380, holds: ['fleet'], problem: null },
  ]),
  '/v1/runs': page(Array.from({ length: 60 }, (_, index) => runItem(index))),
  '/v1/pools': page([{ pool: POOL, exhaustedUntil: ago(-HOUR), problem: null }]),
  '/v1/inbox': { items: ['question', 'permission', 'gate'].map((kind, index) => item(kind, index)), unanswered: [] },
  [`/v1/fleets/${FLEET}`]: fleetView,
  [`/v1/agents/${FLEET}/${AGENT}`]: agentView,
  [`/v1/runs/${FLEET}/${RUN}`]: runView,
  [`/v1/pools/${POOL}`]: poolView,
  [`/v1/agents/${FLEET}/${AGENT}/logs`]: {
    lines: Array.from({ length: 60 }, (_, index) => ({
      line: `2026-01-01T10:00:00Z turn ${index} ${ERROR.split('\n')[0]}`,
    })),
    next: 'n',
    more: false,
  },
};

/** A server with these answers, in the folder of the built page. Nothing is asked of it twice a second. */
async function serve(answers) {
  const streams = new Set();
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    if (path in answers) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[path]));
    } else if (path === '/v1/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': from here on\n\n');
      streams.add(response);
    } else if (path.startsWith(`/v1/runs/${FLEET}/`)) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(runView));
    } else if (path.startsWith('/v1/')) {
      response
        .writeHead(path === '/v1/session' ? 401 : 404, { 'content-type': 'application/json' })
        .end(JSON.stringify({ detail: `no ${path}` }));
    } else {
      const file = path === '/' ? '/index.html' : path;
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
      response.end(readFileSync(join(root, 'dist/dashboard', file)));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${server.address().port}`, stop };
}

const FULL_SCREENS = [
  ['now', ''],
  ['fleet', `fleets/${FLEET}`],
  ['agent', `agents/${FLEET}/${AGENT}`],
  ['run', `runs/${FLEET}/${RUN}`],
  ['runs', 'runs'],
  ['fleets', 'fleets'],
  ['inbox', 'inbox'],
  ['pools', 'pools'],
];
const EMPTY_SCREENS = [
  ['now', ''],
  ['fleets', 'fleets'],
  ['runs', 'runs'],
  ['inbox', 'inbox'],
  ['pools', 'pools'],
];
/** Each scene: what is answered, its screens, and what happens before the picture. */
const SCENES = [
  { name: 'empty', answers: EMPTY, screens: EMPTY_SCREENS },
  { name: 'large', answers: FULL, screens: FULL_SCREENS },
  {
    name: 'clock',
    answers: FULL,
    screens: FULL_SCREENS.slice(2, 3),
    init: 'const n = Date.now; Date.now = () => n() + 1.08e7',
  },
  { name: 'lost', answers: FULL, screens: FULL_SCREENS.slice(2, 3), isLost: true },
  { name: 'out', answers: {}, screens: [['login', '']] },
];

/** A page taller than this is cut: nothing new is below. */
const MOST_HEIGHT = 2_400;

/** Makes all of them, at two widths, light and dark, in .cache/screenshots. */
export async function scenePictures() {
  const folder = join(root, '.cache/screenshots');
  mkdirSync(folder, { recursive: true });
  const chrome = await launchBrowser();
  try {
    for (const { name, answers, screens, init = '', isLost = false } of SCENES) {
      const { address, stop } = await serve(answers);
      for (const width of [1280, 320]) {
        for (const scheme of ['light', 'dark']) {
          const context = await chrome.newContext({ viewport: { width, height: 800 }, colorScheme: scheme });
          await context.addInitScript(init);
          const tab = await context.newPage();
          tab.setDefaultTimeout(PATIENCE_MS);
          for (const [screen, path] of screens) {
            await tab.goto(`${address}/#/${path}`);
            await tab.getByRole('heading', { level: 1 }).first().waitFor();
            await sleep(500);
            if (isLost) {
              await context.setOffline(true);
              await tab.getByText('The connection to the gateway is lost.').waitFor();
            }
            const wide = await tab.evaluate('document.documentElement.scrollWidth');
            const tall = await tab.evaluate('document.documentElement.scrollHeight');
            const clip = { x: 0, y: 0, width, height: Math.min(tall, MOST_HEIGHT) };
            await tab.screenshot({
              path: join(folder, `${name}-${screen}-${width}-${scheme}.png`),
              fullPage: true,
              clip,
            });
            console.error(`  ${name}-${screen}-${width}-${scheme}.png${wide > width ? `: ${wide} pixels wide` : ''}`);
          }
          await context.close();
        }
      }
      stop();
    }
  } finally {
    await chrome.close();
  }
}
