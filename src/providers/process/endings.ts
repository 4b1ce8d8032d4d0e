/**
 * Reports the ends of process agents at once. The shell of an agent writes a notice,
 * `<root>/.ended/<key>@<number>`, when the agent has ended; one watch of that folder serves all
 * agents. A notice stays until its report has succeeded, also while no worker runs. A shell that was
 * killed too writes none: the worker that started it sees its end, and a worker that starts looks
 * once for instances that ended without a report, as after a reboot.
 */
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../../lib/in-parallel';
import { until } from '../../lib/until';
import { installationOf, type EndedInstance, type Watch } from '../provider';
import { keysBelow, NOTICES, ResourceDirectory } from './directory';
import { statusOf } from './instance';

/** A report fails while Temporal is away, so it is repeated at the rhythm of the maintenance. */
const REPEAT_MS = 15_000;
/** How much later than its shell an agent may end when both are killed at once. */
const DIES_TOO_MS = 2_000;
/** The first look reads a few small files per agent. */
const LOOKS_AT_ONCE = 16;

/** Dependencies of a watch. */
export interface EndingsOptions {
  readonly root: string;
  readonly installation: string;
  readonly report: (ended: EndedInstance) => Promise<void>;
  readonly warn: (error: unknown) => void;
}

/** The watch of one worker. */
export class Endings implements Watch {
  readonly #options: EndingsOptions;
  readonly #folder: string;
  /** Instances to look at, as names of notices, which may have no file. */
  readonly #named = new Set<string>();
  /** Keys that Drover itself is ending, with the number of calls. */
  readonly #deliberate = new Map<string, number>();
  #watcher: FSWatcher | undefined;
  #repeat: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #isDue = false;
  #isStopped = false;

  constructor(options: EndingsOptions) {
    this.#options = options;
    this.#folder = join(options.root, NOTICES);
  }

  /** Begins to watch, then looks for what ended before. */
  async begin(): Promise<void> {
    const { root, warn } = this.#options;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (this.#isStopped) return;
    this.#watcher = watch(this.#folder, { persistent: false }, () => this.#look()).on('error', warn);
    this.#look();
    const lost = await inParallel(await keysBelow(root), LOOKS_AT_ONCE, (key) => this.#lostOf(key));
    for (const name of lost) if (name !== undefined) this.#named.add(name);
    this.#look();
  }

  /** The shell of an instance has ended. Without an exit code it had no time for a notice. */
  async shellEnded(directory: ResourceDirectory, number: number): Promise<void> {
    try {
      if (this.#isStopped || (await directory.reports(number)).exit !== '') return;
      // The killer of the shell may be about to kill the agent too.
      await until(async () => (await endedInstance(directory, number)) && true, DIES_TOO_MS);
      this.#named.add(noticeOf(directory.key, number));
      this.#look();
    } catch (error) {
      this.#options.warn(error);
    }
  }

  /** Ends something on purpose: its caller knows, so the end is not reported. */
  async deliberately<T>(key: string, work: () => Promise<T>): Promise<T> {
    this.#deliberate.set(key, (this.#deliberate.get(key) ?? 0) + 1);
    try {
      return await work();
    } finally {
      await this.#forget((name) => keyAndNumber(name)?.key === key);
      const left = (this.#deliberate.get(key) ?? 1) - 1;
      if (left > 0) this.#deliberate.set(key, left);
      else this.#deliberate.delete(key);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watcher?.close();
    clearTimeout(this.#repeat);
    await this.#round;
  }

  /** Starts a round, or another one after the present one. */
  #look(): void {
    if (this.#isDue || this.#isStopped) return;
    this.#isDue = true;
    this.#round = this.#round.then(async () => {
      this.#isDue = false;
      await this.#reportAll().catch(this.#options.warn);
    });
  }

  async #reportAll(): Promise<void> {
    const names = new Set([...(await readdir(this.#folder)), ...this.#named]);
    const settled = await Promise.allSettled([...names].map((name) => this.#settle(name)));
    const failed = settled.filter((one) => one.status === 'rejected');
    if (failed.length === 0 || this.#isStopped) return;
    clearTimeout(this.#repeat);
    this.#repeat = setTimeout(() => this.#look(), REPEAT_MS).unref();
    throw failed[0]?.reason;
  }

  /** Reports the instance of a notice unless that is moot, and removes the notice. */
  async #settle(name: string): Promise<void> {
    const { root, installation, report } = this.#options;
    const named = keyAndNumber(name);
    if (named === undefined || installationOf(named.key) !== installation) return;
    const directory = new ResourceDirectory(root, named.key);
    const ended = this.#deliberate.has(named.key) ? undefined : await endedInstance(directory, named.number);
    if (ended !== undefined) {
      await report(ended);
      await directory.markReported(named.number);
    }
    await this.#forget((other) => other === name);
  }

  async #forget(isMeant: (name: string) => boolean): Promise<void> {
    for (const name of this.#named) if (isMeant(name)) this.#named.delete(name);
    const files = (await readdir(this.#folder).catch(this.#nothing)).filter(isMeant);
    await Promise.all(files.map((name) => rm(join(this.#folder, name), { force: true })));
  }

  /** A folder that cannot be read has no notices; the cause is a warning. */
  readonly #nothing = (error: unknown): string[] => {
    this.#options.warn(error);
    return [];
  };

  /** The last instance of a key, as the name of a notice, if it ended without an exit code. */
  async #lostOf(key: string): Promise<string | undefined> {
    if (installationOf(key) !== this.#options.installation) return undefined;
    const directory = new ResourceDirectory(this.#options.root, key);
    const last = (await directory.readableInstances()).at(-1);
    if (last === undefined || (await directory.reports(last.number)).exit !== '') return undefined;
    return (await endedInstance(directory, last.number)) && noticeOf(key, last.number);
  }
}

/** The instance of this number, if it is the last one of an existing resource and has ended. */
async function endedInstance(directory: ResourceDirectory, number: number): Promise<EndedInstance | undefined> {
  const last = (await directory.readableInstances()).at(-1);
  if (last?.number !== number || (await directory.tombstone())) return undefined;
  const { phase } = await statusOf(directory, last);
  const owner = phase === 'ended' ? await directory.readableOwner() : undefined;
  return owner && { fleet: owner.fleet, agent: owner.agent, key: directory.key, instanceId: last.instanceId };
}

function noticeOf(key: string, number: number): string {
  return `${key}@${String(number)}`;
}

/** The key and the number in the name of a notice; undefined for any other file. */
function keyAndNumber(name: string): { readonly key: string; readonly number: number } | undefined {
  const [, key, number] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,199})@(\d+)$/.exec(name) ?? [];
  return key === undefined ? undefined : { key, number: Number(number) };
}
