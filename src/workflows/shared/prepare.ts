/** A call that a provider has to be prepared for, such as a container whose image the engine does not have yet. */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { PREPARATION } from '../../contract/activities';
import { DroverError } from '../../contract/errors';
import { errorBody } from './failures';

/** The work of a preparation. */
export interface Preparation {
  readonly prepare: () => Promise<void>;
  /** Whether the result is not wanted any more: then the preparation is cancelled, and the call fails. */
  readonly isMoot: () => boolean;
}

/** Makes the call; where it needs a preparation, prepares and makes it once more. */
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
    throw new DroverError('ProviderError', 'its preparation was ended, as it is not wanted any more');
  }
}
