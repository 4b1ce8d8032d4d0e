/** Pulls that take longer than a call may, from a stand-in engine that gives up when its client leaves, as dockerd does. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type Server, type ServerResponse, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerProvider } from '../../src/providers/docker';
import type { PullLimits } from '../../src/providers/docker/pull';
import { callFor, eventually } from './calls';

/** The messages of the engine about a pull, step by step; `left` is set when its client has gone. */
type Pull = (say: (line: unknown) => void, end: () => void, left: () => boolean) => void;

let folder: string;
let server: Server;
let pulls: number;
let hasImage: boolean;
let clientsLeft: number;

async function engine(pull: Pull, pullLimits: PullLimits): Promise<DockerProvider> {
  server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url?.startsWith('/images/create')) {
      pulls += 1;
      pulling(response, pull);
    } else if (request.url?.startsWith('/containers/create')) {
      if (hasImage) answer(201, { Id: 'c1' });
      else answer(404, { message: 'no such image' });
    } else answer(404, { message: 'no such container' });
    request.resume();
  });
  const socketPath = join(folder, 'engine.sock');
  server.listen(socketPath);
  await once(server, 'listening');
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret', environment: {} };
  return new DockerProvider({ installation: 'pulls', engine: { socketPath }, pullLimits, ...access });
}

function pulling(response: ServerResponse, pull: Pull): void {
  let left = false;
  response.on('close', () => {
    if (!response.writableFinished) {
      left = true;
      clientsLeft += 1;
    }
  });
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  pull(
    (line) => response.write(`${JSON.stringify(line)}\n`),
    () => {
      hasImage = true;
      response.end();
    },
    () => left,
  );
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-pull-'));
  [pulls, hasImage, clientsLeft] = [0, false, 0];
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  rmSync(folder, { recursive: true, force: true });
});

const call = () => callFor('pulls', { provider: 'docker', docker: { image: 'example.org/large:1' } });
const MANY = 12;
const SILENT_MS = 400;
const LONG = { silentMs: SILENT_MS, wholeMs: 60_000 };

/** A line every quarter of the silence that is allowed, three times as long as that silence in all. */
const slowly: Pull = (say, end, left) => {
  let lines = 0;
  const timer = setInterval(() => {
    lines += 1;
    if (left()) clearInterval(timer);
    else say({ status: 'Downloading', id: `layer${String(lines)}`, progress: `${String(lines)}/${String(MANY)}` });
    if (lines < MANY || left()) return;
    clearInterval(timer);
    end();
  }, SILENT_MS / 4);
};

test('a pull goes on for as long as progress comes, once, and the create after it succeeds', async () => {
  const provider = await engine(slowly, LONG);
  const fresh = call();
  await expect(provider.create(fresh)).rejects.toMatchObject({ details: { permanent: true, needs: 'preparation' } });
  const said: string[] = [];
  await provider.prepare(fresh, { signal: new AbortController().signal, progress: (words) => said.push(words) });
  expect(said).toContain(`example.org/large:1: layer5 Downloading 5/${String(MANY)}`);
  expect({ pulls, clientsLeft, hasImage }).toEqual({ pulls: 1, clientsLeft: 0, hasImage: true });
});

const FAILURES: readonly [string, Pull, PullLimits, string][] = [
  ['that stands still', (say) => say({ status: 'Downloading' }), LONG, 'no progress within 0.4 s'],
  ['that never begins to tell', () => undefined, LONG, 'no progress within 0.4 s'],
  ['without an end', slowly, { silentMs: 60_000, wholeMs: 600 }, 'not done after 0.01 min'],
  ['that the registry refuses', (say) => say({ error: 'pull access denied' }), LONG, 'pull access denied'],
];

test.each(FAILURES)('a pull %s fails, says why, and is left', async (_, pull, limits, why) => {
  const provider = await engine(pull, limits);
  const preparing = { signal: new AbortController().signal, progress: () => undefined };
  await expect(provider.prepare(call(), preparing)).rejects.toMatchObject({
    code: 'ProviderError',
    message: `mars/worker: the engine has no image example.org/large:1, and pulling it failed: ${why}`,
    details: { permanent: false },
  });
  await eventually('the engine is left', async () => clientsLeft === 1 || undefined);
});

test('a pull that is no longer wanted is left at once', async () => {
  const ends = new AbortController();
  const provider = await engine((say) => say({ status: 'Downloading' }), { silentMs: 60_000, wholeMs: 60_000 });
  const preparing = { signal: ends.signal, progress: () => ends.abort() };
  await expect(provider.prepare(call(), preparing)).rejects.toMatchObject({ code: 'ProviderError' });
  await eventually('the engine is left', async () => clientsLeft === 1 || undefined);
});
