/** Calls that need a preparation of the provider, such as the pull of a container's image. */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { PREPARATION } from '../../contract/activities';
import { DroverError } from '../../contract/errors';
import { errorBody } from './failures';

/** How to prepare the provider. */
export interface Preparation {
  readonly prepare: () => Promise<void>;
  /** Whether the result is no longer needed. The preparation is then cancelled and the call fails. */
  readonly isMoot: () => boolean;
}

/** Makes the call. If it needs a preparation, prepares and repeats it once. */
export async function withPreparation<T>(act: () => Promise<T>, preparation: Preparation): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (errorBody(error).details?.['needs'] !== PREPARATION) throw error;
    await prepared(preparation);
    return act();
  }
}

async function prepared({ prepare, isMoot }: Preparation): Promise<void> {
  const scope = new CancellationScope();
  const cancel = (): void => scope.cancel();
  condition(isMoot).then(cancel, cancel);
  try {
    await scope.run(prepare);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    throw new DroverError('ProviderError', 'the preparation was cancelled, because its result is no longer needed');
  }
}
