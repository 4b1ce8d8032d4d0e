/** The object of a screen: read when the screen opens, and again with every event. */
import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { call } from './api';
import { coalesced } from './coalesced';
import { eventCount } from './live';

/** Something as it was read last. */
export interface Shown<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

/** Reads by `load`, which stays the same while `key` does: at once, with every event, and with a change of `watched`. */
export function useRead<T>(key: string, load: () => Promise<T>, watched?: ReadonlySignal<unknown>): Shown<T> {
  const shown = useSignal<Shown<T>>({ value: null, problem: null });
  const read = useMemo(
    () =>
      coalesced(async () => {
        try {
          shown.value = { value: await load(), problem: null };
        } catch (error) {
          shown.value = { ...shown.peek(), problem: error instanceof Error ? error.message : String(error) };
        }
      }),
    [key],
  );
  useSignalEffect(() => {
    void eventCount.value;
    void watched?.value;
    void read();
  });
  return shown.value;
}

/** Reads the object at a path, which stays the same while its screen is open. */
export function useObject<T>(path: string): Shown<T> {
  return useRead(path, () => call<T>('GET', path));
}
