/**
 * A project that has the packed file and Temporal's packages, and nothing else: it uses Drover's workflows with
 * Temporal's client, and hosts Drover's workers beside its own.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { agentWorkflowId, runWorkflowId } from '../../src/contract/names';
import { shared } from '../support/shared';
import { installedFolder, USER_ENV } from './support/packed';

const LONG_MS = 300_000;

/** The agent's program: it answers a turn with its task, or keeps it until `release`. */
interface Endpoint {
  readonly url: string;
  readonly turns: string[];
  keep(run: string): { readonly asked: Promise<void>; release(): void };
  close(): void;
}

async function listen(): Promise<Endpoint> {
  const turns: string[] = [];
  const kept = new Map<string, { asked: () => void; released: Promise<void> }>();
  const server: Server = createServer((request, response) => {
    void text(request).then(async (body) => {
      if (request.url !== '/turn') return response.writeHead(200).end('{}');
      const { run, turnId, task } = JSON.parse(body) as { run: string; turnId: string; task: string };
      turns.push(turnId);
      const keeping = kept.get(run);
      keeping?.asked();
      await keeping?.released;
      return response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ action: 'final', response: `written: ${task}` }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    turns,
    keep: (run) => {
      let release = (): void => undefined;
      let asked = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const wasAsked = new Promise<void>((resolve) => (asked = resolve));
      kept.set(run, { asked, released });
      return { asked: wasAsked, release };
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Host {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly running: Promise<void>;
}

let folder: string;
beforeAll(() => {
  folder = installedFolder();
  cpSync(join(__dirname, 'fixture'), folder, { recursive: true });
}, LONG_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['as it is', ''],
  ['without a cache of workflows', '0'],
])('a host %s', (_title, cached) => {
  let endpoint: Endpoint;
  let env: NodeJS.ProcessEnv;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    endpoint = await listen();
    const name = randomUUID();
    env = {
      ...USER_ENV,
      ADDRESS: shared().devServer,
      FLEET: `solo-${name}`,
      QUEUE: `mine-${name}`,
      ENDPOINT: endpoint.url,
      DROVER_QUEUE_PREFIX: `drover-${name}`,
      ...(cached === '' ? {} : { CACHED: cached, DROVER_MAX_CACHED_WORKFLOWS: cached }),
    };
  });
  afterAll(() => {
    endpoint.close();
    for (const child of children) child.kill('SIGKILL');
  });

  function host(): Host {
    const child = spawn(process.execPath, ['host.cjs'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let output = '';
    const running = new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (data: string) => {
          output += data;
          if (output.includes('running')) resolve();
        });
      }
      child.once('exit', () => reject(new Error(`the host ended early:\n${output}`)));
    });
    return { child, running, output: () => output };
  }

  const script = async (file: string, ...args: string[]): Promise<unknown> => {
    const child = spawn(process.execPath, [file, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    if (child.exitCode !== 0) throw new Error(`${file} ended with ${String(child.exitCode)}:\n${out}${err}`);
    return JSON.parse(out.trim().split('\n').at(-1) ?? '') as unknown;
  };

  test(
    'uses Drover directly and from its own workflow, ends with work in flight, and goes on',
    async () => {
      const fleet = env['FLEET'] ?? '';
      const first = host();
      await first.running;

      expect(await script('direct.cjs')).toMatchObject({
        liveness: 'ready',
        paused: { changed: true },
        status: 'paused',
        resumed: { changed: true },
        result: { success: true, finalResponse: 'written: hello', turns: 1 },
      });

      const kept = endpoint.keep('slow');
      expect(await script('own.cjs', 'slow')).toBe('started');
      await kept.asked;
      first.child.kill('SIGTERM');
      const [code, signal] = (await once(first.child, 'exit')) as [number | null, string | null];
      expect({ code, signal, output: first.output() }).toMatchObject({ code: 0, signal: null });
      expect(first.output()).toContain('ended with 1 native core');
      kept.release();

      const second = host();
      await second.running;
      expect(await script('own.cjs', 'slow', '--wait')).toEqual({ text: 'written: slow!' });
      const workflows = [
        agentWorkflowId(fleet, 'Solo'),
        runWorkflowId(fleet, 'direct'),
        runWorkflowId(fleet, 'slow'),
        `publish-slow-${env['QUEUE'] ?? ''}`,
      ];
      const [agent, direct, slow, own] = (await script('replay.cjs', ...workflows)) as object[];
      for (const drovers of [agent, direct, slow])
        expect(drovers).toMatchObject({ problem: null, encodings: expect.arrayContaining(['json/plain']) as unknown });
      expect(own).toMatchObject({
        problem: null,
        encodings: expect.arrayContaining(['json/of-the-user']) as unknown,
      });
      for (const drovers of [agent, direct, slow])
        expect(drovers).not.toMatchObject({ encodings: expect.arrayContaining(['json/of-the-user']) as unknown });

      second.child.kill('SIGTERM');
      expect(await once(second.child, 'exit')).toEqual([0, null]);
    },
    LONG_MS,
  );
});

test('a program without Temporal reachable hears where it was looked for', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      '-e',
      "require('drover/temporal').createDroverWorker().catch((error) => { console.error(error.message); process.exit(3); })",
    ],
    { cwd: folder, env: { ...USER_ENV, TEMPORAL_ADDRESS: '127.0.0.1:9' }, encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining('127.0.0.1:9') as unknown });
});
