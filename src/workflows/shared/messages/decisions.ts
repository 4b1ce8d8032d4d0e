/**
 * Decisions in the worker's log, through the SDK's logger, which is silent in a replay: what a workflow records as an event as info, and
 * what it refuses as a warning.
 */
import { log, workflowInfo } from '@temporalio/workflow';
import type { LogEntry } from '../../../contract/event/log';
import { boundedText, SHORT_BYTES } from '../../../contract/text';
import { logFields } from '../../../rules/lib/log/log-fields';

/** A flood of refused messages must not fill the log; ten a minute show what is wrong. */
const MOST_REFUSALS = 10;
const MINUTE_MS = 60_000;
/** The most bytes of the name of a message. */
const NAME_BYTES = 200;

/** Logs the entries of a workflow's log. A refusal among them was logged when its message was refused. */
export function logEntries(entries: readonly LogEntry[]): void {
  for (const { type, data } of entries) {
    if (data['accepted'] !== false) log.info(type, { ...data, ...fields() });
  }
}

/** Logs that a message was refused: its name, and the reason. */
export type LogRefusal = (what: string, why: string) => void;

/** Logs at most ten refusals a minute, and then says how many it left out. Create one per kind of message and run of the workflow. */
export function createRefusalLog(): LogRefusal {
  let minute = 0;
  let logged = 0;
  let leftOut = 0;
  return (what, why) => {
    const now = Date.now();
    if (now - minute >= MINUTE_MS) {
      minute = now;
      logged = 0;
    }
    if (logged >= MOST_REFUSALS) {
      leftOut += 1;
      return;
    }
    const more = leftOut > 0 ? { leftOut } : {};
    log.warn(`refused ${boundedText(what, NAME_BYTES)}`, { why: boundedText(why, SHORT_BYTES), ...more, ...fields() });
    logged += 1;
    leftOut = 0;
  };
}

function fields(): object {
  const { workflowType, workflowId } = workflowInfo();
  return logFields(workflowType, workflowId);
}
