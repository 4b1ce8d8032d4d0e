/** The SDK's `condition`, for predicates that ask rules: one that throws rejects the promise, where it would fail the task. */
import { condition } from '@temporalio/workflow';

/** Waits until `isSo`; rejects with what that throws. */
export async function until(isSo: () => boolean): Promise<void> {
  const look = watched(isSo);
  await condition(look.isSo);
  look.rethrow();
}

/** The same for at most `ms`; false when the time came first. `summary` names the timer in Temporal's Web UI. */
export async function untilOr(isSo: () => boolean, ms: number, summary: string): Promise<boolean> {
  const look = watched(isSo);
  const met = await condition(look.isSo, ms, { summary });
  look.rethrow();
  return met;
}

/** A predicate that is true when it throws, and what it threw. */
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
