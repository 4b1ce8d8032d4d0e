/** Temporal's runtime for tests, which fail things on purpose: it logs errors only. */
import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';

/** Once per process, before anything else uses the runtime. */
const runtime = { installed: false };

/** Installs a runtime that logs errors only. A runtime that the program has installed itself stays. */
export function quietRuntime(): void {
  if (runtime.installed) return;
  runtime.installed = true;
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
