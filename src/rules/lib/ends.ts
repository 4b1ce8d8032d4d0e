/** Describes the end of a workflow. */
import type { EndKind, WorkflowEnd } from '../../contract/ends';
import { utcText } from './time';

const VERBS: Readonly<Record<EndKind, string>> = {
  completed: 'has ended',
  failed: 'failed',
  cancelled: 'was cancelled',
  terminated: 'was terminated',
  timed_out: 'timed out',
  missing: 'does not exist',
};

/**
 * The end of a workflow: `was terminated at 2026-11-28 02:26:04 UTC by temporal-cli:me@host ("by
 * mistake")`.
 */
export function endText({ how, at, by, reason }: WorkflowEnd): string {
  const when = at === null ? '' : ` at ${utcText(at)}`;
  const who = by === null ? '' : ` by ${by}`;
  return `${VERBS[how]}${when}${who}${reason === null ? '' : ` ("${reason}")`}`;
}

/** Why a part of a fleet must be created again: `its workflow was terminated at …`. */
export function lostText(end: WorkflowEnd): string {
  return `its workflow ${endText(end)}`;
}
