/** Reads what reaches a `provision` workflow. */
import type { AgentReport } from '../contract/agent';
import type { CancelOrder, HoldsChanged, ProvisionInput } from '../contract/fleet';
import { parseHold } from './agent-messages';
import { integer, invalid, isRecord, list, name, nullable, object, oneOf, optional, type Parser, text } from './parse';

/** Signal `agentReported`. */
export const parseAgentReport: Parser<AgentReport> = object({
  agent: name,
  incarnation: text(1_000),
  revision: integer(),
  outcome: oneOf('ready', 'failed'),
  error: nullable(text(100_000)),
  pid: optional(integer()),
});

/** Signal `holdsChanged`. */
export const parseHoldsChanged: Parser<HoldsChanged> = object({ holds: list(parseHold) });

/** Update `cancel` and signal `cancelRequested`. */
export const parseCancelOrder: Parser<CancelOrder> = object({ reason: optional(text(2_000)) });

/** The input comes from the fleet's own workflow, which has checked it; here it is only told from something else. */
export function parseProvisionInput(value: unknown): ProvisionInput {
  if (!isRecord(value) || value['v'] !== 1)
    return invalid('input', 'expected a change as the fleet makes it, with v: 1');
  name(value['fleet'], 'input.fleet');
  if (!Array.isArray(value['changes'])) invalid('input.changes', 'expected a list');
  return value as object as ProvisionInput;
}
