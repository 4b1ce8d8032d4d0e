/** One object that a screen shows: read when the screen opens, and again with every event. */
import { useEffect, useState } from 'preact/hooks';
import { call } from './api';
import { eventCount } from './live';

/** An object as it was read last. */
export interface Shown<T> {
  readonly value: T | null;
  readonly problem: string | null;
  readonly refresh: () => void;
}

/** Reads the object at a path. */
export function useObject<T>(path: string): Shown<T> {
  const [shown, setShown] = useState<{ path: string; value: T | null; problem: string | null }>();
  const [asked, setAsked] = useState(0);
  const events = eventCount.value;
  useEffect(() => {
    let isCurrent = true;
    call<T>('GET', path).then(
      (value) => isCurrent && setShown({ path, value, problem: null }),
      (error: Error) =>
        isCurrent &&
        setShown((was) => ({ path, value: was?.path === path ? was.value : null, problem: error.message })),
    );
    return () => void (isCurrent = false);
  }, [path, events, asked]);
  const current = shown?.path === path ? shown : undefined;
  return {
    value: current?.value ?? null,
    problem: current?.problem ?? null,
    refresh: () => setAsked((count) => count + 1),
  };
}
