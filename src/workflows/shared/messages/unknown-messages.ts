/** Unknown signals must not stop a workflow (docs/workflow-rules.md, rule 6). */
import { setDefaultSignalHandler } from '@temporalio/workflow';
import { createRefusalLog } from './decisions';

const NO_SUCH_SIGNAL = 'no such signal';

/** Passes signals without a handler to `record`. Without this the SDK would buffer them for ever. */
export function ignoreUnknownMessages(record: (what: string, why: string) => void): void {
  const logRefusal = createRefusalLog();
  setDefaultSignalHandler((signal) => {
    logRefusal(`signal ${signal}`, NO_SUCH_SIGNAL);
    record(signal, NO_SUCH_SIGNAL);
  });
}
