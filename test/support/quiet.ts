/** Tests fail things on purpose; the SDK's warnings then say nothing about the tests. Its errors are shown. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

export { quietRuntime } from '../../src/testing/server/runtime';

/** An activity's surroundings without a server, for activities that may fail. */
export function activityEnvironment(
  info?: ConstructorParameters<typeof MockActivityEnvironment>[0],
): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}
