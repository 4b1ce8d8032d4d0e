/** The SDK's `condition` for predicates that call rules. An exception rejects the promise; in the SDK it would fail the workflow task. */
import { condition } from '@temporalio/workflow';

/** Waits until `isSo`. Rejects with its exception. */
export async function until(isSo: () => boolean): Promise<void> {
  const look = watched(isSo);
  await condition(look.isSo);
  look.rethrow();
}

/** Waits until `isSo`, at most `ms` milliseconds. Returns false after that time. `summary` names the timer in Temporal's Web UI. */
export async function untilOr(isSo: () => boolean, ms: number, summary: string): Promise<boolean> {
  const look = watched(isSo);
  const met = await condition(look.isSo, ms, { summary });
  look.rethrow();
  return met;
}

/** Wraps a predicate: it is true when it throws, and `rethrow` throws its first exception. */
function watched(isSo: () => boolean): { readonly isSo: () => boolean; readonly rethrow: () => void } {
  const failures: unknown[] = [];
  return {
    isSo: () => {
      try {
        return isSo();
      } catch (error) {
        failures.push(error);
        return true;
      }
    },
    rethrow: () => {
      if (failures.length > 0) throw failures[0];
    },
  };
}
