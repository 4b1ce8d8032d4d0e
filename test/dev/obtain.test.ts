import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binaryFolder, findBinary, type Environment } from '../../src/dev/binaries';
import { obtainBinary } from '../../src/dev/obtain';
import { LOOPBACK } from '../../src/dev/ports';

let folder: string;
let env: Environment;
let service: Server;

/** A mirror of the download service that gives a shell script as the binary. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-obtain-'));
  writeFileSync(join(folder, 'temporal'), '#!/bin/sh\n');
  execFileSync('tar', ['-czf', join(folder, 'archive.tar.gz'), '-C', folder, 'temporal']);
  service = createServer((request, response) => {
    if (request.url?.endsWith('.tar.gz')) response.end(readFileSync(join(folder, 'archive.tar.gz')));
    else if (request.url?.startsWith('/cli/')) {
      response.end(JSON.stringify({ archiveUrl: `${base()}/archive.tar.gz`, fileToExtract: 'temporal' }));
    } else response.writeHead(404).end();
  }).listen(0, LOOPBACK);
  await once(service, 'listening');
  mkdirSync(join(folder, 'bin'));
  env = { DROVER_CACHE: join(folder, 'cache'), PATH: join(folder, 'bin'), DROVER_TEMPORAL_DOWNLOAD: base() };
});
afterEach(() => {
  service.close();
  rmSync(folder, { recursive: true, force: true });
});

function base(): string {
  const { port } = service.address() as { port: number };
  return `http://${LOOPBACK}:${port}`;
}

test('two at once fetch one binary into the cache, and it is found from then on', async () => {
  const [first, second] = await Promise.all([obtainBinary('temporal', env), obtainBinary('temporal', env)]);
  expect(first).toBe(join(binaryFolder('temporal', env), 'temporal'));
  expect(second).toBe(first);
  expect(findBinary('temporal', env)).toBe(first);
  const { sha256 } = JSON.parse(readFileSync(join(binaryFolder('temporal', env), 'checked.json'), 'utf8')) as {
    sha256: string;
  };
  expect(sha256).toBe(createHash('sha256').update(readFileSync(first)).digest('hex'));
});

test('says what it fetches before it does, and nothing if it has it', async () => {
  const said: string[] = [];
  await obtainBinary('temporal', env, (text) => said.push(text));
  expect(said).toEqual([expect.stringMatching(/^fetching temporal [\d.]+ once, tens of megabytes, into .*cache$/)]);
  await obtainBinary('temporal', env, (text) => said.push(text));
  expect(said).toHaveLength(1);
});

test('a cached binary that was changed is fetched again', async () => {
  const path = await obtainBinary('temporal', env);
  writeFileSync(path, 'something else entirely');
  expect(findBinary('temporal', env)).toBeUndefined();
  expect(readFileSync(await obtainBinary('temporal', env), 'utf8')).toBe('#!/bin/sh\n');
});

test('PATH comes before the cache, and the environment before PATH', async () => {
  await obtainBinary('temporal', env);
  const onPath = join(folder, 'bin/temporal');
  writeFileSync(onPath, '#!/bin/sh\n');
  chmodSync(onPath, 0o755);
  expect(findBinary('temporal', env)).toBe(onPath);
  const named = { ...env, DROVER_TEMPORAL: join(folder, 'nowhere') };
  expect(() => findBinary('temporal', named)).toThrow('DROVER_TEMPORAL names');
  expect(findBinary('temporal', { ...env, DROVER_TEMPORAL: onPath })).toBe(onPath);
});

// No python3 is on this PATH either.
test('when no source works, one message lists every place and the three ways out', async () => {
  const error = await obtainBinary('temporal-test-server', env).catch((reason: unknown) => reason);
  const { message } = error as Error;
  for (const part of [
    'DROVER_TEMPORAL_TEST_SERVER: not set',
    'PATH:',
    'cache ',
    'HTTP 404',
    'python3 is not installed',
    '1. set',
    '2. put',
    '3. let',
  ]) {
    expect(message).toContain(part);
  }
});
