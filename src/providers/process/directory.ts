/**
 * The files of the process provider: one directory per key, `<stateDir>/agents/<key>/`, with
 * `resource.json`, `output.log`, and for every instance `<n>.json` (its leader), `<n>.agent`
 * (written by the agent itself) and `<n>.exit` (its exit code). `.ended/<key>@<n>` reports the end
 * to a worker. `destroyed` is the tombstone. Each file appears in one atomic step, so locks are not
 * needed.
 */
import { type FileHandle, appendFile, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFileSoon, FileProblem, parseKept, readKeptSoon } from '../../lib/kept-file';
import { errorCode } from '../../lib/error-code';
import { providerError } from '../provider';
import {
  type Instance,
  type ResourceRecord,
  type Tombstone,
  parseInstance,
  parseOwner,
  parseTombstone,
} from './records';

export type { Instance, ResourceRecord, Tombstone } from './records';

/** The form of a key. Any other name could lead out of the directory. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
/** The folder of the notices of ended instances, beside the keys' own. No key begins with a dot. */
export const NOTICES = '.ended';
/** The files of a destroyed resource. */
const KEPT: readonly string[] = ['destroyed', 'output.log', 'output.log.1', 'output.log.times'];
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/** In place of an exit code: the shell was killed before it wrote one, and a worker has reported the end. */
const REPORTED = 'unknown\n';

/** The directory of one key. */
export class ResourceDirectory {
  readonly key: string;
  readonly path: string;
  readonly log: string;

  constructor(root: string, key: string) {
    if (!KEY.test(key)) throw providerError(`not a resource key: ${JSON.stringify(key)}`, { permanent: true });
    this.key = key;
    this.path = join(root, key);
    this.log = join(this.path, 'output.log');
  }

  private file(name: string): string {
    return join(this.path, name);
  }

  async make(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: PRIVATE_DIRECTORY });
  }

  /** Writes the owner if none is written yet: the record of the first create stays. */
  async writeOwner(record: ResourceRecord): Promise<void> {
    await this.writeOnce('resource.json', JSON.stringify(record));
  }

  /**
   * The owner; undefined before create and after destroy. `ProviderError` with the path for a file
   * that cannot be read.
   */
  async owner(): Promise<ResourceRecord | undefined> {
    return this.read('resource.json', parseOwner);
  }

  /** The owner, if its file can be read. */
  async readableOwner(): Promise<ResourceRecord | undefined> {
    return withoutProblem(this.owner(), undefined);
  }

  /** True if an owner is written, even if its file cannot be read. */
  async isOwned(): Promise<boolean> {
    return (await changedAt(this.file('resource.json'))) !== undefined;
  }

  /** The tombstone. Its presence alone refuses the key, even if its content is damaged. */
  async tombstone(): Promise<Tombstone | undefined> {
    const at = await changedAt(this.file('destroyed'));
    if (at === undefined) return undefined;
    return withoutProblem(this.read('destroyed', parseTombstone), { existed: true, at: at.toISOString() });
  }

  /** Refuses this key from now on. The first tombstone stays. */
  async writeTombstone(tombstone: Tombstone): Promise<void> {
    await this.writeOnce('destroyed', JSON.stringify(tombstone));
  }

  /** Removes everything but the tombstone and the log, which says why an agent ended; they go together. */
  async clear(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => !KEPT.includes(name));
    await Promise.all(names.map((name) => rm(this.file(name), { force: true, recursive: true })));
  }

  /** Removes everything, the tombstone too. */
  async forget(): Promise<void> {
    await rm(this.path, { force: true, recursive: true });
  }

  /** Records an instance. False if another start took this number. */
  async claim(instance: Instance): Promise<boolean> {
    return this.writeOnce(`${String(instance.number)}.json`, JSON.stringify(instance));
  }

  /**
   * Every recorded start, oldest first. `ProviderError` with the path for a record that cannot be
   * read.
   */
  async instances(): Promise<Instance[]> {
    const read = (await this.numbers()).map((number) => this.instance(number));
    return (await Promise.all(read)).filter((instance) => instance !== undefined);
  }

  /** The recorded starts whose files can be read. */
  async readableInstances(): Promise<Instance[]> {
    const read = (await this.numbers()).map((number) => withoutProblem(this.instance(number), undefined));
    return (await Promise.all(read)).filter((instance) => instance !== undefined);
  }

  /**
   * Makes the two files that an instance's shell writes, with their mode, and the folder of its
   * notice.
   */
  async makeReports(number: number): Promise<{ record: string; exit: string; notice: string }> {
    const files = { record: this.file(`${String(number)}.agent`), exit: this.file(`${String(number)}.exit`) };
    await Promise.all(Object.values(files).map((file) => writeFile(file, '', { flag: 'a', mode: PRIVATE_FILE })));
    const notices = join(dirname(this.path), NOTICES);
    await mkdir(notices, { recursive: true, mode: PRIVATE_DIRECTORY });
    return { ...files, notice: join(notices, `${this.key}@${String(number)}`) };
  }

  /** The reports of an instance; empty until it has written them. */
  async reports(number: number): Promise<{ record: string; exit: string }> {
    const [record, exit] = await Promise.all(
      ['agent', 'exit'].map((end) => readKeptSoon(this.file(`${String(number)}.${end}`))),
    );
    return { record: record ?? '', exit: exit ?? '' };
  }

  /** Records that the end of an instance without an exit code was reported. */
  async markReported(number: number): Promise<void> {
    if ((await this.reports(number)).exit !== '') return;
    await appendFile(this.file(`${String(number)}.exit`), REPORTED).catch(unlessGone);
  }

  /** The log, open for appending. */
  async openLog(): Promise<FileHandle> {
    return open(this.log, 'a', PRIVATE_FILE);
  }

  private async numbers(): Promise<number[]> {
    const names = (await listOrNothing(this.path)).filter((name) => /^\d+\.json$/.test(name));
    return names.map((name) => parseInt(name, 10)).sort((a, b) => a - b);
  }

  private instance(number: number): Promise<Instance | undefined> {
    return this.read(`${String(number)}.json`, (value) => parseInstance(value, number));
  }

  private async read<T>(name: string, parse: (value: unknown) => T | undefined): Promise<T | undefined> {
    const path = this.file(name);
    try {
      const text = await readKeptSoon(path);
      return text === undefined ? undefined : parseKept(path, text, parse);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      const wayOut = 'destroy the agent, which does not need this file, and apply its fleet again';
      throw providerError(`${error.message}: ${wayOut}`, { permanent: true, cause: error });
    }
  }

  /** Writes a complete file in one step, unless it exists. */
  private writeOnce(name: string, content: string): Promise<boolean> {
    return createFileSoon(this.file(name), content);
  }
}

/** Returns `instead` for a file that cannot be read. */
async function withoutProblem<T>(reading: Promise<T | undefined>, instead: T | undefined): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && error.cause instanceof FileProblem) return instead;
    throw error;
  }
}

/** A destroy may have removed the directory in between. */
function unlessGone(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}

/** When a file was last written; undefined if it does not exist. */
async function changedAt(path: string): Promise<Date | undefined> {
  try {
    return (await stat(path)).mtime;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The keys below a root, tombstones included. */
export async function keysBelow(root: string): Promise<string[]> {
  return (await listOrNothing(root)).filter((name) => KEY.test(name));
}

async function listOrNothing(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
