/**
 * The turns that a worker took, one file each in `<stateDir>/turns`: the last 1,000 of a host, in a
 * bounded number of bytes. A file appears by a rename, so it is complete or absent; it is not forced
 * onto the disk, because a power cut may cost the last records and not each turn a write.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TurnRecord, TurnRecordPage, TurnRecordsCall } from '../contract/run/turn-record';
import { problem } from '../lib/kept-file';
import { errorCode } from '../lib/error-code';

/** How much a host keeps. */
export interface TurnRecordLimits {
  readonly count: number;
  readonly bytes: number;
}

/** Turns of a text model have a few KiB, so the count decides; 64 MiB are for long inputs. */
const LIMITS: TurnRecordLimits = { count: 1_000, bytes: 64 * 1024 * 1024 };
/** Bytes of JSON in a page: sealed and in base64, it stays below the 2 MiB of a payload. */
const PAGE_BYTES = 1024 * 1024;
/** Only the owner may read what agents were asked. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** Time, run, a random part and the bytes, so that a name alone decides what is read and what is removed. */
const NAME = /^(\d{15})-([0-9a-f]{12})-([0-9a-f]{12})-(\d+)\.json$/;

/** The records of one state directory, which several workers may share. */
export class TurnRecords {
  readonly #folder: string;
  readonly #limits: TurnRecordLimits;
  #problem: string | null = null;

  constructor(stateDir: string, limits: TurnRecordLimits = LIMITS) {
    this.#folder = join(stateDir, 'turns');
    this.#limits = limits;
  }

  /** Keeps a record and removes the oldest ones beyond the limits. Throws `FileProblem`, as for a full disk. */
  async keep(record: Omit<TurnRecord, 'id'>): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: PRIVATE_DIRECTORY });
      const text = JSON.stringify(record);
      const time = String(Date.parse(record.startedAt)).padStart(15, '0');
      const bytes = Buffer.byteLength(text);
      const name = `${time}-${runPart(record)}-${randomBytes(6).toString('hex')}-${String(bytes)}.json`;
      const draft = join(this.#folder, `.${name}`);
      try {
        await writeFile(draft, text, { mode: PRIVATE_FILE });
        await rename(draft, join(this.#folder, name));
      } finally {
        await rm(draft, { force: true });
      }
      await this.#prune();
      this.#problem = null;
    } catch (error) {
      const kept = problem(this.#folder, 'written', error);
      this.#problem = kept.message;
      throw kept;
    }
  }

  /** The records of a run, oldest first. A file that is removed or damaged is left out. */
  async page(call: TurnRecordsCall): Promise<TurnRecordPage> {
    const names = (await this.#names()).filter((name) => name.split('-')[1] === runPart(call));
    const turns: TurnRecord[] = [];
    let bytes = 0;
    let last: string | null = null;
    for (const name of names.filter((one) => call.after === undefined || one > call.after)) {
      if (turns.length > 0 && bytes + bytesOf(name) > PAGE_BYTES) return { turns, next: last, problem: this.#problem };
      const record = await this.#read(name);
      last = name;
      if (record?.fleet !== call.fleet || record.run !== call.run) continue;
      turns.push({ ...record, id: name.replace(/\.json$/, '') });
      bytes += bytesOf(name);
    }
    return { turns, next: null, problem: this.#problem };
  }

  async #prune(): Promise<void> {
    const names = (await this.#names()).reverse();
    let bytes = 0;
    const old = names.filter((name, index) => {
      bytes += bytesOf(name);
      return index >= this.#limits.count || (index > 0 && bytes > this.#limits.bytes);
    });
    await Promise.all(old.map((name) => rm(join(this.#folder, name), { force: true })));
  }

  /** Oldest first. */
  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => NAME.test(name)).sort();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  async #read(name: string): Promise<Omit<TurnRecord, 'id'> | null> {
    try {
      return JSON.parse(await readFile(join(this.#folder, name), 'utf8')) as Omit<TurnRecord, 'id'>;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return null;
      throw error;
    }
  }
}

function runPart({ fleet, run }: Pick<TurnRecord, 'fleet' | 'run'>): string {
  return createHash('sha256').update(`${fleet}/${run}`).digest('hex').slice(0, 12);
}

function bytesOf(name: string): number {
  return Number(NAME.exec(name)?.[4] ?? 0);
}
