/** The failure that an activity throws. */
import { ApplicationFailure } from '@temporalio/common';

/** The failure that it ends with; throws if it ends well, or with something else. */
export async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApplicationFailure)) throw new Error(`not a failure: ${String(error)}`);
  return error;
}
