/** Tests fail things on purpose; what the SDK warns of then says nothing about the tests. Its errors are shown. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';

/** Once per test file, and before anything else touches the runtime. */
const runtime = { installed: false };

/** Installs a runtime that logs errors only, its core included. */
export function quietRuntime(): void {
  if (runtime.installed) return;
  runtime.installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
}

/** An activity's surroundings without a server, for activities that may fail. */
export function activityEnvironment(
  info?: ConstructorParameters<typeof MockActivityEnvironment>[0],
): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}
