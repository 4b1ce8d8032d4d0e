/** Parses every message of a `provision` workflow. */
import type { AgentReport } from '../../contract/agent';
import type { CancelOrder, HoldsChanged, ProvisioningSpec } from '../../contract/fleet';
import { FLEET_LIMITS } from '../../contract/values/patterns';
import { positiveDuration } from '../lib/fields';
import { MOST_HOLDS } from '../agent/commands/commands';
import { parseHold } from '../agent/messages';
import { message } from '../lib/message';
import { integer, list, name, nullable, object, oneOf, optional, type Parser, text } from '../lib/parse';

/** Signal `agentReported`. */
export const parseAgentReport: Parser<AgentReport> = message({
  agent: name,
  incarnation: text(1_000),
  revision: integer(),
  outcome: oneOf('ready', 'failed'),
  error: nullable(text(100_000)),
  code: optional(oneOf('Forbidden')),
  pid: optional(integer()),
});

/** Signal `holdsChanged`. */
export const parseHoldsChanged: Parser<HoldsChanged> = message({ holds: list(parseHold, MOST_HOLDS) });

/** Update `cancel` and signal `cancelRequested`. */
export const parseCancelOrder: Parser<CancelOrder> = message({ reason: optional(text(2_000)) });

/** Settings of a change. */
export const provisioningSpec: Parser<ProvisioningSpec> = object({
  maxConcurrent: optional(integer(1, FLEET_LIMITS.parallel)),
  onFailure: optional(oneOf('rollback', 'keep')),
  timeout: optional(positiveDuration),
});
