/** The first process of Drover's container reaps what others leave behind. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../..');

function entrypoint(): string[] {
  const lines = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split('\n');
  const json = lines.find((line) => line.startsWith('ENTRYPOINT '))?.slice('ENTRYPOINT '.length);
  return JSON.parse(json ?? '[]') as string[];
}

test('the image installs its init and starts Drover below it', () => {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  expect(text.slice(text.lastIndexOf('\nFROM '))).toMatch(/apt-get install .*\btini\b/);
  expect(entrypoint()).toEqual(['/usr/bin/tini', '-s', '--', 'node_modules/.bin/drover']);
});

test('every service of this image has an init in docker-compose.yml too', () => {
  const file = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
    services: Record<string, { image: string; init?: boolean }>;
  };
  const own = Object.values(file.services).filter(({ image }) => image === 'drover');
  expect(own.length).toBeGreaterThan(0);
  expect(own.map(({ init }) => init)).toEqual(own.map(() => true));
});

const INIT = entrypoint().slice(0, 3);

/** Why orphans cannot be shown here; undefined if they can. */
function missing(): string | undefined {
  if (spawnSync(INIT[0] ?? '', ['--version']).status !== 0) return `no ${INIT[0] ?? ''}`;
  const made = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']);
  return made.status === 0 ? undefined : 'no process namespace may be made here';
}

const WITHOUT = missing();

/** A Node program that leaves ten orphans behind, and says how many processes have ended and are still there. */
const LEAVES = `
const { execFileSync } = require('node:child_process');
const { readdirSync, readFileSync } = require('node:fs');
for (let n = 0; n < 10; n += 1) execFileSync('sh', ['-c', '(exit 0) & sleep 0.01 & exit 0']);
const states = () => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).flatMap((pid) => {
  try { return [/\\) (.)/.exec(readFileSync('/proc/' + pid + '/stat', 'utf8'))[1]]; } catch { return []; }
});
const look = () => {
  const seen = states();
  if (seen.includes('Z') || seen.length > Number(process.argv[1])) return setTimeout(look, 10);
  console.log('reaped');
};
look();
`;

(WITHOUT === undefined ? test : test.skip)(
  `orphans are reaped${WITHOUT === undefined ? '' : ` (skipped: ${WITHOUT})`}`,
  async () => {
    const command = ['--pid', '--fork', '--mount-proc', '--kill-child', ...INIT, process.execPath, '-e', LEAVES, '2'];
    const container = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(container.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('reaped\n');
    await once(container, 'exit');
  },
);
