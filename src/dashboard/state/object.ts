/** One object that a screen shows: read when the screen opens, and again with every event. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { call } from './api';
import { coalesced } from './coalesced';
import { eventCount } from './live';

/** An object as it was read last. */
export interface Shown<T> {
  readonly value: T | null;
  readonly problem: string | null;
}

/** Reads the object at a path, which stays the same while its screen is open. */
export function useObject<T>(path: string): Shown<T> {
  const shown = useSignal<Shown<T>>({ value: null, problem: null });
  const read = useMemo(
    () =>
      coalesced(async () => {
        try {
          shown.value = { value: await call<T>('GET', path), problem: null };
        } catch (error) {
          shown.value = { ...shown.value, problem: error instanceof Error ? error.message : String(error) };
        }
      }),
    [path],
  );
  useSignalEffect(() => {
    void eventCount.value;
    void read();
  });
  return shown.value;
}
