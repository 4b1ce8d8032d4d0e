/** Workflows of the tests beside this file: each does one thing that must not fail its task, and returns what it saw. */
import { CancellationScope, defineSignal, sleep } from '@temporalio/workflow';
import type { Trouble } from '../../../src/contract/trouble';
import { createOutbox, type Carrier } from '../../../src/workflows/shared/messages/outbox';
import { receive } from '../../../src/workflows/shared/messages/receive';
import { createSupervisor } from '../../../src/workflows/shared/supervise';
import { startTimer } from '../../../src/workflows/shared/timer';
import { until, untilOr } from '../../../src/workflows/shared/until';

const quiet = (): void => undefined;
const MINUTES = 3 * 60_000;

/** Background work that fails `failures` times: how often it was tried, and what was shown while it failed and after. */
export async function background(
  failures: number,
): Promise<{ tries: number; shown: Trouble[]; after: readonly Trouble[] }> {
  const shown: Trouble[] = [];
  const supervisor = createSupervisor(() => shown.push(...supervisor.troubles()));
  let tries = 0;
  let isDone = false;
  supervisor.keep('fetch', async () => {
    tries += 1;
    await sleep(1);
    if (tries <= failures) throw new Error(`no ${String(tries)}`);
    isDone = true;
  });
  await until(() => isDone);
  await Promise.resolve();
  await Promise.resolve();
  return { tries, shown, after: supervisor.troubles() };
}

/** Milliseconds between the tries of something that always fails. */
export async function pauses(count: number): Promise<number[]> {
  const supervisor = createSupervisor(quiet);
  const times: number[] = [];
  supervisor.keep('fetch', async () => {
    times.push(Date.now());
    throw new Error('no');
  });
  await until(() => times.length > count);
  return times.slice(1, count + 1).map((time, index) => time - (times[index] ?? 0));
}

/** A predicate, a timer's callback and the card throw: what the supervisor says of each. */
export async function throwing(): Promise<string[]> {
  const supervisor = createSupervisor(() => {
    throw new Error('no card');
  });
  let looks = 0;
  supervisor.always(
    'watch',
    () => {
      looks += 1;
      if (looks < 3) throw new Error('no predicate');
      return false;
    },
    async () => undefined,
  );
  startTimer(
    supervisor,
    1,
    () => {
      throw new Error('no callback');
    },
    'ring',
  );
  const late: unknown = await untilOr(
    () => {
      throw new Error('no deadline');
    },
    10,
    'deadline',
  ).catch((error: unknown) => error);
  await sleep(MINUTES);
  const troubles = supervisor.troubles().map(({ what, why }) => `${what}: ${why}`);
  return [...troubles, `looks: ${String(looks)}`, late instanceof Error ? late.message : 'nothing'];
}

export const readable = defineSignal<[number]>('readable');
export const over = defineSignal<[number]>('over');

/** Receives numbers; 2 fails in a rule, 3 fails later. Returns accepted and ignored messages. */
export async function receiving(): Promise<{ taken: number[]; ignored: string[] }> {
  const taken: number[] = [];
  const ignored: string[] = [];
  const ignore = (what: string, why: string): void => {
    ignored.push(`${what}: ${why}`);
  };
  const number = (value: unknown): number => {
    if (typeof value !== 'number') throw new Error('not a number');
    return value;
  };
  const take = (value: number): void | Promise<void> => {
    if (value === 2) throw new TypeError('a rule fell over');
    if (value === 3) return sleep(1).then(() => Promise.reject(new TypeError('a rule fell over late')), quiet);
    taken.push(value);
    return undefined;
  };
  let isOver = false;
  receive(readable, number, take, ignore);
  receive(over, number, () => void (isOver = true), ignore);
  await until(() => isOver && ignored.length === 3);
  return { taken, ignored };
}

/** One signal over a carrier that answers by this list: what came of it, and how long it took. */
export async function sending(
  answers: readonly string[],
  to: string,
): Promise<{ delivery: string; asked: number; pending: number }> {
  const supervisor = createSupervisor(quiet);
  let asked = 0;
  const carry: Carrier = async () => {
    const answer = answers[asked] ?? 'delivered';
    asked += 1;
    if (answer === 'delivered' || answer === 'gone') return answer;
    throw new Error(answer);
  };
  const outbox = createOutbox(supervisor, carry);
  const delivery = await outbox.send(to, readable, 1);
  return { delivery, asked, pending: outbox.pending() };
}

/** One signal by the entity's own carrier. */
export async function sendingOut(to: string): Promise<string> {
  return createOutbox(createSupervisor(quiet)).send(to, readable, 1);
}

/** Starts a timer and work in a cancelled scope. Returns the timer's duration and the attempts. */
export async function cancelled(): Promise<{ waitedMs: number; tries: number }> {
  const supervisor = createSupervisor(quiet);
  const begun = Date.now();
  let rang: number | null = null;
  let tries = 0;
  const scope = new CancellationScope({ cancellable: true });
  await scope.run(async () => {
    scope.cancel();
    startTimer(supervisor, 5_000, () => (rang = Date.now()), 'ring');
    supervisor.keep('fetch', async () => {
      tries += 1;
      await sleep(1);
      if (tries < 3) throw new Error('no');
    });
  });
  await until(() => rang !== null && tries === 3);
  return { waitedMs: (rang ?? 0) - begun, tries };
}
