/** `drover up` on a full disk, by its own agent or by others: it answers, ends on a signal, and comes up again with room. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { until } from '../../src/lib/until';
import { monotonicMs } from '../../src/lib/clock';
import { drover, type Ended, endAll, processesOf, startUp } from '../cli/commands/drover';
import { PATIENCE_MS } from '../support/patience';
import { fill, freeBytes, mayMount, smallDisk } from '../support/small-disk';

const MEGABYTES = 40;
const LIMIT_MS = 900_000;
/** As full as a disk gets: not a page of a database more. */
const FULL_BELOW_BYTES = 4_096;

const BEATS = `sh '${join(__dirname, '../../examples/shell/agent.sh')}'`;
/** It beats, and prints a megabyte ten times a second. */
const PRINTS = `${BEATS} & while :; do head -c 1000000 /dev/zero | tr '\\0' x; echo; sleep 0.1; done`;

type Up = Awaited<ReturnType<typeof startUp>>;

const mounts = mayMount();
const onSmallDisk = mounts ? test : test.skip;
const skipped = mounts ? '' : ' (skipped: this user may not mount)';

const seconds = (since: number) => `${((monotonicMs() - since) / 1_000).toFixed(1)} s`;

/** A fleet of one agent, brought up with its state directory on a small disk. */
async function withUp(program: string, use: (up: Up, cwd: string) => Promise<void>): Promise<void> {
  const disk = smallDisk(MEGABYTES);
  if (disk === null) throw new Error('the disk could not be mounted');
  const cwd = disk.path;
  try {
    const spec = { agents: [{ name: 'A', provider: 'process', process: { command: ['sh', '-c', program] } }] };
    const fleet = { apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name: 'full' }, spec };
    writeFileSync(join(cwd, 'full.json'), JSON.stringify(fleet));
    await use(await startUp(cwd, ['full.json']), cwd);
  } finally {
    await endAll(cwd);
    disk.remove();
  }
}

async function full(path: string): Promise<void> {
  const isFull = await until(() => freeBytes(path) < FULL_BELOW_BYTES || undefined, PATIENCE_MS);
  if (!isFull) throw new Error(`${path} is not full: ${String(freeBytes(path))} bytes are free`);
}

async function healthz({ where }: Up, cwd: string): Promise<number> {
  const began = monotonicMs();
  const { status } = await fetch(`${where.gateway}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  console.info(`healthz ${String(status)} after ${seconds(began)}, ${String(freeBytes(cwd))} bytes free`);
  return status;
}

async function terminated(up: Up): Promise<Ended> {
  const began = monotonicMs();
  up.process.kill('SIGTERM');
  const ended = await up.ended;
  console.info(`exit ${String(ended.code)} ${seconds(began)} after SIGTERM: ${ended.stderr.slice(-600)}`);
  return ended;
}

/** Everything is as it was, and can be taken away. */
async function comesUpAgain(cwd: string): Promise<void> {
  const again = await startUp(cwd);
  expect(await drover(['wait', 'agent', 'full/A', '--for', 'liveness=ready'], cwd)).toMatchObject({ code: 0 });
  expect(await drover(['destroy', 'full', '--yes'], cwd)).toMatchObject({ code: 0 });
  expect(await terminated(again)).toMatchObject({ code: 0 });
}

onSmallDisk(
  `an agent that prints without end fills the disk of the state directory again and again: up answers, and ends on a signal${skipped}`,
  () =>
    withUp(PRINTS, async (up, cwd) => {
      for (let round = 1; round <= 3; round += 1) {
        await full(cwd);
        expect(await healthz(up, cwd)).toBe(200);
        // An agent's log is bounded, so there is room again, until new output fills it.
        const isCut = await until(() => freeBytes(cwd) > 1_000_000 || undefined, PATIENCE_MS);
        expect(isCut).toBe(true);
        expect(await healthz(up, cwd)).toBe(200);
      }
      expect(await drover(['get', 'agents'], cwd)).toMatchObject({ code: 0 });
      const said = () => /output\.log was cut without a whole copy of its end: [^"]*ENOSPC/.exec(log(cwd))?.[0];
      expect(await until(said, PATIENCE_MS)).toBeDefined();
      await full(cwd);
      await terminated(up);

      await endAll(cwd);
      expect(processesOf(cwd)).toEqual([]);
      for (const path of readdirSync(cwd, { recursive: true, encoding: 'utf8' }))
        if (basename(path).startsWith('output.log')) truncateSync(join(cwd, path));
      await comesUpAgain(cwd);
    }),
  LIMIT_MS,
);

onSmallDisk(
  `others fill the disk: up answers, ends on a signal, does not start and says why, and comes up with room${skipped}`,
  () =>
    withUp(BEATS, async (up, cwd) => {
      fill(cwd);
      await full(cwd);
      const refused = await until(async () => {
        for (const command of ['pause', 'resume']) {
          const ended = await drover([command, 'full/A'], cwd);
          if (ended.code !== 0) return ended;
        }
        return undefined;
      }, PATIENCE_MS);
      expect(refused?.code).toBe(6);
      expect(refused?.stderr).toMatch(/the disk that holds .* is full/);
      const ready = await fetch(`${up.where.gateway}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
      expect([ready.status, await ready.text()]).toEqual([
        503,
        expect.stringMatching(/the disk that holds .* is full/),
      ]);
      console.info(`a command on the full disk: exit ${String(refused?.code)} ${refused?.stderr ?? ''}`);
      expect(await healthz(up, cwd)).toBe(200);
      await terminated(up);

      const start = await drover(['up'], cwd);
      expect(start.code).not.toBe(0);
      expect(start.stderr).toMatch(/is full/);
      console.info(`up on the full disk: exit ${String(start.code)} ${start.stderr}`);
      rmSync(join(cwd, 'filler'));
      await comesUpAgain(cwd);
    }),
  LIMIT_MS,
);

function log(cwd: string): string {
  return readFileSync(join(cwd, '.drover/drover.log'), 'utf8');
}
