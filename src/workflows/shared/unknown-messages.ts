/** Nothing that arrives may stop a workflow (docs/workflow-rules.md, rule 6). */
import { setDefaultSignalHandler } from '@temporalio/workflow';

/** Hands signals that nobody handles to `record`; without a handler the SDK would buffer them for ever. */
export function ignoreUnknownMessages(record: (what: string, why: string) => void): void {
  setDefaultSignalHandler((signal) => {
    record(signal, 'no such signal');
  });
}
