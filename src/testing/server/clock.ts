/**
 * Simulated time: the clock of a time-skipping server. Time passes in steps, and every step ends at
 * the next planned event, so that events happen at their exact time.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import { DroverError } from '../../contract/errors';

type TestService = NonNullable<Connection['testService']>;

/** Something that happens at a time, in epoch milliseconds. */
interface Planned {
  readonly at: number;
  readonly act: () => void | Promise<void>;
}

/** The shortest step. Work that ends is noticed at most this much simulated time later. */
const SHORTEST_STEP_MS = 1_000;
/** A step takes at most this part of the time since something happened. */
const PART_OF_QUIET = 1 / 4;
/** How often the clock looks whether a program still needs real time. No caller relies on it. */
const REAL_STEP_MS = 20;
/** The most time that passes while a test waits. A work that takes longer waits for something else than time. */
const LONGEST_WAIT_MS = 10 * 365 * 24 * 3_600_000;

/** Something that a test waits for while time passes. */
interface Waiting {
  /** Whether no planned event ends it. */
  readonly isOpen: boolean;
  /** The time at which it is hopeless, in epoch milliseconds. */
  readonly limit: number;
  readonly isOver: () => Promise<boolean>;
}

/** The clock of one server. */
export class SimulatedClock {
  readonly #server: TestService;
  readonly #planned: Planned[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #errors: unknown[] = [];
  #driving: Promise<void> | undefined;
  #quietSince: number;
  #stepEnd: number;
  #needsRealTime: () => boolean = () => false;
  /** Called when a work begins to wait. */
  #begins: () => void = () => undefined;

  private constructor(server: TestService, now: number) {
    this.#server = server;
    this.#quietSince = now;
    this.#stepEnd = now;
  }

  /** The clock of a server. Its time passes like real time, unless a work waits. */
  static async of(server: TestService): Promise<SimulatedClock> {
    return new SimulatedClock(server, await read(server));
  }

  /** The end of the latest step, in epoch milliseconds: nothing planned happens before it. */
  get stepEnd(): number {
    return this.#stepEnd;
  }

  /** The server's time, in epoch milliseconds. */
  now(): Promise<number> {
    return read(this.#server);
  }

  /** Plans an event. One that is late happens at the beginning of the next step. */
  plan(at: number, act: Planned['act']): void {
    const index = this.#planned.findIndex((other) => other.at > at);
    this.#planned.splice(index < 0 ? this.#planned.length : index, 0, { at, act });
  }

  /**
   * No time is skipped while this is true: it passes as real time. A program that starts takes real
   * time, and would be late by any limit in skipped time.
   */
  realTimeWhile(needed: () => boolean): void {
    this.#needsRealTime = needed;
  }

  /** Says that something happened: the next steps are short again. */
  async stir(): Promise<void> {
    this.#quietSince = await this.now();
  }

  /** Lets this many milliseconds pass, with everything that happens in them. */
  async skip(ms: number): Promise<void> {
    const end = (await this.now()) + ms;
    const work = new Promise<void>((resolve) => this.plan(end, resolve));
    await this.#wait(work, { isOpen: false, limit: Infinity, isOver: async () => false });
  }

  /**
   * Lets time pass until the work is done. Rejects with the error of the work or of an event. No time passes once `isOver`: what the work
   * still does then, such as reading its result, takes real time only. Throws `Timeout` if ten years do not end the work.
   */
  async during<T>(work: Promise<T>, isOver: () => Promise<boolean> = async () => false): Promise<T> {
    // The work may fail before this is waited for.
    work.catch(() => undefined);
    return this.#wait(work, { isOpen: true, limit: (await this.now()) + LONGEST_WAIT_MS, isOver });
  }

  async #wait<T>(work: Promise<T>, waiting: Waiting): Promise<T> {
    this.#waiting.add(waiting);
    this.#begins();
    this.#driving ??= this.#drive().finally(() => (this.#driving = undefined));
    const driving = this.#driving;
    try {
      return await Promise.race([work, driving.then(() => work)]);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  async #drive(): Promise<void> {
    while (await this.#mustPass()) {
      await this.#step();
      if (this.#errors.length > 0) throw this.#errors.shift();
      // A work that the step has ended stops waiting before the next step.
      await new Promise(setImmediate);
    }
  }

  /** Whether a work still needs time. */
  async #mustPass(): Promise<boolean> {
    for (const waiting of [...this.#waiting]) {
      if (await waiting.isOver()) this.#waiting.delete(waiting);
    }
    return this.#waiting.size > 0;
  }

  async #step(): Promise<void> {
    const now = await this.now();
    this.#mustEnd(now);
    const [next] = this.#planned;
    if (next && next.at <= now) {
      this.#planned.shift();
      this.#quietSince = now;
      return this.#happen(next);
    }
    if (this.#needsRealTime()) return pause(REAL_STEP_MS);
    const short = Math.max(SHORTEST_STEP_MS, Math.floor((now - this.#quietSince) * PART_OF_QUIET));
    const untilNext = next ? next.at - now : Infinity;
    await this.#pass([...this.#waiting].every(({ isOpen }) => !isOpen) ? untilNext : Math.min(short, untilNext), now);
  }

  #mustEnd(now: number): void {
    if ([...this.#waiting].every(({ limit }) => now < limit)) return;
    throw new DroverError(
      'Timeout',
      'ten simulated years have passed, and what the test waits for has not happened: it may wait for real time, or for a call of the test',
    );
  }

  async #pass(ms: number, now: number): Promise<void> {
    this.#stepEnd = now + ms;
    await this.#server.unlockTimeSkippingWithSleep({ duration: msToTs(ms) });
  }

  /** Steps go on as soon as the event itself waits for time. */
  async #happen({ act }: Planned): Promise<void> {
    const waits = new Promise<void>((resolve) => (this.#begins = resolve));
    const acting = Promise.resolve()
      .then(act)
      .catch((error: unknown) => void this.#errors.push(error));
    await Promise.race([acting, waits]);
    this.#begins = () => undefined;
  }
}

async function read(server: TestService): Promise<number> {
  const { time } = await server.getCurrentTime({});
  return tsToMs(time);
}
