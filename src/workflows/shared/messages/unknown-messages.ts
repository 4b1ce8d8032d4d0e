/** Unknown signals must not stop a workflow (docs/workflow-rules.md, rule 6). */
import { setDefaultSignalHandler } from '@temporalio/workflow';

/** Passes signals without a handler to `record`. Without this the SDK would buffer them for ever. */
export function ignoreUnknownMessages(record: (what: string, why: string) => void): void {
  setDefaultSignalHandler((signal) => {
    record(signal, 'no such signal');
  });
}
