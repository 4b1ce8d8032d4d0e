/** Parses the context of a branch, and its state after continue-as-new. */
import { RESERVED_NODES, TOPOLOGY_LIMITS } from '../../contract/fleet/topology';
import type { BarrierRecord, BranchRecord } from '../../contract/run';
import { turnInput } from '../lib/turn/turn-input';
import { version } from '../lib/carried';
import * as parse from '../lib/parse';
import { usage } from '../lib/turn/usage';
import type { Topology } from '../topology/topology';
import type { BranchContext, BranchState, Contribution, Counts, Records, Remembered, Undo } from './state';

/** The id of a branch; it grows by one number with every level. */
export const branchId = parse.text(20_000);
const id = parse.text(21_000);
const names = parse.list(parse.name, TOPOLOGY_LIMITS.agents);
const nodes = parse.list(parse.name, TOPOLOGY_LIMITS.agents + RESERVED_NODES.length);
const amount = parse.number(0, Number.MAX_SAFE_INTEGER);

const topology: parse.Parser<Topology> = parse.object({
  agents: names,
  successors: parse.record(nodes),
  rendezvous: names,
  convergence: parse.object({
    minRatio: parse.number(0, 1),
    onInsufficient: parse.oneOf('fail', 'proceed', 'user'),
    quorum: parse.nullable(parse.integer(1)),
    terminateOrphans: parse.boolean,
    timeoutMs: parse.nullable(amount),
  }),
  rules: parse.object({
    timeoutS: parse.nullable(amount),
    maxSteps: parse.integer(1),
    maxTurnsTotal: parse.integer(1),
    maxAgents: parse.nullable(parse.integer(1)),
    maxTurns: parse.list(parse.object({ a: parse.name, b: parse.name, max: parse.integer(1) })),
    agentTimeoutS: parse.object({ byAgent: parse.record(amount), default: parse.nullable(amount) }),
    parallel: parse.list(names),
    approve: parse.optional(parse.list(parse.object({ from: parse.name, to: parse.name }))),
  }),
  services: parse.optional(parse.record(parse.integer())),
});

const counts: parse.Parser<Counts> = parse.object({ steps: parse.integer(), handOvers: parse.list(parse.integer()) });

/** A branch's context. */
export const branchContext: parse.Parser<BranchContext> = parse.object({
  v: version,
  fleet: parse.name,
  run: parse.name,
  branch: branchId,
  parent: parse.nullable(branchId),
  agent: parse.name,
  task: parse.json,
  input: turnInput,
  topology,
  counts,
  turnsLeft: parse.integer(Number.MIN_SAFE_INTEGER),
  waiting: names,
  outside: names,
});

const failure = parse.object({ from: id, branch: branchId, error: parse.text(Infinity) });
const outcome = parse.oneOf('completed', 'failed', 'abandoned');

const branchRecord: parse.Parser<BranchRecord> = parse.object({
  id: branchId,
  parent: parse.nullable(branchId),
  agents: parse.list(parse.name),
  turns: parse.integer(),
  outcome,
  error: parse.nullable(parse.text(Infinity)),
  usage: parse.optional(usage),
});

const barrierRecord: parse.Parser<BarrierRecord> = parse.object({
  branch: parse.nullable(branchId),
  agent: parse.nullable(parse.name),
  arrived: parse.list(id),
  failed: parse.list(failure),
  outcome: parse.oneOf('fired', 'failed', 'cancelled'),
});

const undo: parse.Parser<Undo> = parse.object({ turnId: id, agent: parse.name, undo: parse.json, at: amount });

const records = {
  branches: parse.list(branchRecord),
  barriers: parse.list(barrierRecord),
  undos: parse.list(undo),
} satisfies Record<keyof Records, unknown>;

const remembered: parse.Parser<Remembered> = parse.object({
  agent: parse.name,
  input: turnInput,
  reply: parse.json,
  bytes: parse.integer(),
});

const contribution: parse.Parser<Contribution> = parse.object({
  to: parse.name,
  from: parse.name,
  branch: branchId,
  value: parse.json,
  counts,
});

/** A branch's state between two turns. */
export const branchState: parse.Parser<BranchState> = parse.object({
  context: branchContext,
  agent: parse.name,
  identities: parse.list(parse.name),
  input: turnInput,
  counts,
  turns: parse.integer(),
  turnsUsed: parse.integer(),
  usage: parse.optional(usage),
  invalid: parse.integer(),
  memory: parse.list(remembered),
  children: parse.integer(),
  passedUp: parse.list(contribution),
  ...records,
});
