/**
 * What the process provider knows, as files: one directory per key, `<stateDir>/agents/<key>/`, with
 * `resource.json`, `output.log`, and for every instance `<n>.json` (who leads it), `<n>.agent` (written by the agent itself) and
 * `<n>.exit` (its exit code). `destroyed` is the tombstone. Each appears in one atomic step, so no lock is needed and none can be left behind.
 */
import { type FileHandle, link, mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-code';
import { providerError } from '../provider';
import type { ProcessIdentity } from './table';

/** The owner of a directory. */
export interface ResourceRecord {
  readonly key: string;
  readonly fleet: string;
  readonly agent: string;
  readonly createdAt: string;
}

/** One start: who leads its process group, and where in the log it begins. */
export interface Instance {
  readonly number: number;
  readonly instanceId: string;
  readonly leader: ProcessIdentity;
  readonly logOffset: number;
  /** Reference to the secret that it was started with. */
  readonly secret?: string;
  /** Path of its cgroup, where it has one. */
  readonly cgroup?: string;
}

/** What stays of a destroyed resource. */
export interface Tombstone {
  readonly existed: boolean;
  readonly at: string;
}

/** A key as the fleet makes it; anything else could leave the directory. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Where everything of one key is. */
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

  /** Writes the owner unless it is there: of several creates the first one's record stays. */
  async own(record: ResourceRecord): Promise<void> {
    await this.writeOnce('resource.json', JSON.stringify(record));
  }

  /** The owner; undefined before create and after destroy. */
  async owner(): Promise<ResourceRecord | undefined> {
    return readJson<ResourceRecord>(this.file('resource.json'));
  }

  async tombstone(): Promise<Tombstone | undefined> {
    return readJson<Tombstone>(this.file('destroyed'));
  }

  /** Refuses this key from now on. The first tombstone stays. */
  async bury(tombstone: Tombstone): Promise<void> {
    await this.writeOnce('destroyed', JSON.stringify(tombstone));
  }

  /** Removes all but the tombstone. */
  async clear(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => name !== 'destroyed');
    await Promise.all(names.map((name) => rm(this.file(name), { force: true, recursive: true })));
  }

  /** Removes the tombstone too. */
  async forget(): Promise<void> {
    await rm(this.path, { force: true, recursive: true });
  }

  /** Records an instance. False: another start took this number. */
  async claim(instance: Instance): Promise<boolean> {
    return this.writeOnce(`${String(instance.number)}.json`, JSON.stringify(instance));
  }

  /** Every recorded start, oldest first. */
  async instances(): Promise<Instance[]> {
    const numbers = (await listOrNothing(this.path)).flatMap((name) =>
      /^\d+\.json$/.test(name) ? [parseInt(name, 10)] : [],
    );
    const read = numbers.sort((a, b) => a - b).map((number) => readJson<Instance>(this.file(`${String(number)}.json`)));
    return (await Promise.all(read)).filter((instance) => instance !== undefined);
  }

  /** The two files that an instance's own shell writes, made beforehand with their mode. */
  async makeReports(number: number): Promise<{ record: string; exit: string }> {
    const files = { record: this.file(`${String(number)}.agent`), exit: this.file(`${String(number)}.exit`) };
    await Promise.all(Object.values(files).map((file) => writeFile(file, '', { flag: 'a', mode: PRIVATE_FILE })));
    return files;
  }

  /** What an instance has reported; empty as long as it has not. */
  async reports(number: number): Promise<{ record: string; exit: string }> {
    const [record, exit] = await Promise.all(
      ['agent', 'exit'].map((end) => readText(this.file(`${String(number)}.${end}`))),
    );
    return { record: record ?? '', exit: exit ?? '' };
  }

  /** The log, open for appending. */
  async openLog(): Promise<FileHandle> {
    return open(this.log, 'a', PRIVATE_FILE);
  }

  /** A complete file that appears under its name in one step, and only once. */
  private async writeOnce(name: string, content: string): Promise<boolean> {
    const draft = this.file(`.${name}.${String(process.pid)}.${Math.random().toString(36).slice(2)}`);
    await writeFile(draft, content, { flag: 'wx', mode: PRIVATE_FILE });
    try {
      await link(draft, this.file(name));
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
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

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await readText(path);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
