/** A provider that fails as real ones do, around one that does not; and the retries that activities do around it. */
import type { ResourceCall } from '../../src/contract/activities';
import { DroverError } from '../../src/contract/errors';
import { type Provider, providerError } from '../../src/providers/provider';

/** The faults of one call. */
export type Fault =
  /** It fails, and nothing has happened. */
  | 'fail'
  /** It happens, and the answer is lost. */
  | 'lose'
  /** It happens twice, the second time's answer is the one that arrives. */
  | 'twice'
  /** The caller receives a timeout, and then it happens. */
  | 'late';

/** The operations that can fail. */
export type Operation = 'create' | 'wake' | 'suspend' | 'continue' | 'stop' | 'destroy' | 'inspect';

/** Which fault the n-th call (from 1) of an operation meets. */
export type Plan = (operation: Operation, n: number) => Fault | undefined;

/** The faulty provider; `settled` resolves when everything that was late has happened. */
export function faulty(inner: Provider, plan: Plan): Provider & { settled(): Promise<void> } {
  const counts = new Map<Operation, number>();
  const late: Promise<unknown>[] = [];

  async function around<T>(operation: Operation, effect: () => Promise<T>): Promise<T> {
    const n = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, n);
    switch (plan(operation, n)) {
      case 'fail':
        throw providerError(`${operation} ${String(n)} fails`);
      case 'lose':
        await effect();
        throw providerError(`the answer of ${operation} ${String(n)} is lost`);
      case 'twice':
        await effect();
        return effect();
      case 'late':
        late.push(new Promise((resolve) => setImmediate(resolve)).then(effect).catch(ignoreRefusal));
        throw providerError(`${operation} ${String(n)} takes too long`);
      case undefined:
        return effect();
    }
  }

  return {
    kind: inner.kind,
    create: (call) => around('create', () => inner.create(call)),
    wake: (call) => around('wake', () => inner.wake(call)),
    suspend: (call) => around('suspend', () => inner.suspend(call)),
    continue: (call) => around('continue', () => inner.continue(call)),
    stop: (call, graceMs) => around('stop', () => inner.stop(call, graceMs)),
    destroy: (call) => around('destroy', () => inner.destroy(call)),
    inspect: (call) => around('inspect', () => inner.inspect(call)),
    list: () => inner.list(),
    logs: (call, options) => inner.logs(call, options),
    settled: async () => {
      await Promise.all(late);
    },
  };
}

/** A late call may be refused, as its key is destroyed by then; anything else is a bug. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof DroverError && error.code === 'ProviderError')) throw error;
}

/** Repeats what fails in passing, as the retry policy of activities does. */
export function retrying(inner: Provider, attempts = 4): Provider {
  async function again<T>(effect: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await effect();
      } catch (error) {
        const permanent = error instanceof DroverError && error.details?.['permanent'] === true;
        if (permanent || attempt === attempts) throw error;
      }
    }
  }

  const calling =
    <T>(operation: (call: ResourceCall) => Promise<T>) =>
    (call: ResourceCall): Promise<T> =>
      again(() => operation(call));

  return {
    kind: inner.kind,
    create: calling((call) => inner.create(call)),
    wake: (call) => again(() => inner.wake(call)),
    suspend: calling((call) => inner.suspend(call)),
    continue: calling((call) => inner.continue(call)),
    stop: (call, graceMs) => again(() => inner.stop(call, graceMs)),
    destroy: calling((call) => inner.destroy(call)),
    inspect: calling((call) => inner.inspect(call)),
    list: () => again(() => inner.list()),
    logs: (call, options) => inner.logs(call, options),
  };
}
