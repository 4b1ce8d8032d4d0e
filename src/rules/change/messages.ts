/** Parses every message of a `provision` workflow. */
import type { AgentReport } from '../../contract/agent';
import type { CancelOrder, HoldsChanged, ProvisionInput } from '../../contract/fleet';
import { parseHold } from '../agent/messages';
import { agentSpec } from '../agent/spec';
import { carriedLike } from '../lib/carried';
import {
  integer,
  invalid,
  isRecord,
  list,
  name,
  nullable,
  object,
  oneOf,
  optional,
  type Parser,
  text,
} from '../lib/parse';

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

/**
 * The input of a change. The fleet's workflow has validated it, so only its shape is checked again.
 */
export function parseProvisionInput(value: unknown): ProvisionInput {
  if (!isRecord(value) || value['v'] !== 1)
    return invalid('input', 'expected a change as the fleet makes it, with v: 1');
  name(value['fleet'], 'input.fleet');
  const { changes } = carriedLike(NO_CHANGE, value, 'input');
  list(parseHold)(value['holds'], 'input.holds');
  for (const [index, change] of changes.entries()) checkChange(change, `input.changes[${String(index)}]`);
  return carriedLike(NO_CHANGE, value, 'input');
}

const NO_CHANGE: ProvisionInput = {
  v: 1,
  fleet: '',
  incarnation: '',
  revision: 0,
  changeId: '',
  host: '',
  provisioning: {},
  holds: [],
  changes: [],
};

function checkChange(change: unknown, path: string): void {
  if (!isRecord(change)) return invalid(path, 'expected an object');
  name(change['agent'], `${path}.agent`);
  oneOf('create', 'update', 'replace', 'delete')(change['kind'], `${path}.kind`);
  nullable(agentSpec)(change['spec'], `${path}.spec`);
  nullable(text(1_000))(change['key'], `${path}.key`);
  const { previous } = change;
  if (previous === null) return;
  if (!isRecord(previous)) return invalid(`${path}.previous`, 'expected an object or null');
  agentSpec(previous['spec'], `${path}.previous.spec`);
  text(1_000)(previous['key'], `${path}.previous.key`);
}
