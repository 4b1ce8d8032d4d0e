/** Reads a change: the input of its workflow, and the parts that its fleet keeps. */
import { PROVIDERS, type AgentSpec, type ProviderKind } from '../../contract/agent';
import {
  AGENT_STEPS,
  type AgentChange,
  type AgentProgress,
  type ChangeKind,
  type ChangeView,
  type Forgotten,
  type OwnedAgent,
  type PlannedChange,
  type ProvisionInput,
} from '../../contract/fleet';
import type {
  CompensationAudit,
  CompensationEntry,
  CompensationMetrics,
  CompensationRecord,
  CompensationState,
} from '../../contract/fleet/compensation';
import { ERRORS, type ErrorCode } from '../../contract/errors';
import type { Trouble } from '../../contract/trouble';
import { parseHold } from '../agent/messages';
import { MOST_HOLDS } from '../agent/commands/commands';
import { agentSpec } from '../agent/spec/spec';
import { flag, stateOf, version, words } from '../lib/carried';
import { boolean, integer, list, name, nullable, oneOf, optional, type Parser, record } from '../lib/parse';
import { provisioningSpec } from './messages';

const provider: Parser<ProviderKind> = oneOf(...PROVIDERS);
const kind: Parser<ChangeKind> = oneOf('create', 'update', 'replace', 'delete');

const planned = { kind, agent: name, fields: list(words), why: optional(words) };

/** One line of a plan. */
export const plannedChange: Parser<PlannedChange> = stateOf<PlannedChange>()(planned);

const owned = {
  resourceId: nullable(words),
  key: words,
  host: optional(words),
  revision: integer(),
  provider,
  doubt: optional(oneOf('spec', 'resource')),
};

/** An agent that a fleet owns, with its specification. */
export const ownedWithSpec: Parser<OwnedAgent & { readonly spec: AgentSpec }> = stateOf<
  OwnedAgent & { readonly spec: AgentSpec }
>()({ ...owned, spec: agentSpec });

const agentChange = stateOf<AgentChange>()({
  ...planned,
  spec: nullable(agentSpec),
  key: nullable(words),
  previous: nullable(ownedWithSpec),
});

const state: Parser<CompensationState> = oneOf('pending', 'compensating', 'compensated', 'failed');

const entry = stateOf<CompensationEntry>()({
  kind: words,
  name: words,
  key: words,
  resourceId: nullable(words),
  outcome: oneOf('pending', 'undone', 'nothing_to_undo', 'failed'),
  error: nullable(words),
});

const audit = stateOf<CompensationAudit>()({
  at: words,
  attempt: integer(),
  revision: integer(),
  from: state,
  to: state,
  accepted: boolean,
  why: nullable(words),
});

const counts = stateOf<Partial<Record<ErrorCode, number>>>()(
  Object.fromEntries(Object.keys(ERRORS).map((code) => [code, optional(integer())])) as Record<
    ErrorCode,
    ReturnType<typeof optional<number>>
  >,
);

const metrics = stateOf<CompensationMetrics>()({
  planned: integer(),
  started: integer(),
  completed: integer(),
  failed: integer(),
  refused: counts,
});

/** The undo log of a change, or of a run. */
export const compensationRecord: Parser<CompensationRecord> = stateOf<CompensationRecord>()({
  id: words,
  fleet: name,
  revision: integer(),
  attempt: integer(),
  state,
  entries: list(entry),
  reason: nullable(words),
  createdAt: words,
  updatedAt: words,
  audit: list(audit),
  metrics,
});

/** A change as its fleet gives it to its workflow, complete. */
export const provisionInput: Parser<ProvisionInput> = stateOf<ProvisionInput>()({
  v: version,
  fleet: name,
  incarnation: words,
  revision: integer(),
  changeId: words,
  host: words,
  provisioning: provisioningSpec,
  holds: list(parseHold, MOST_HOLDS),
  changes: list(agentChange),
  forget: optional(flag),
  undo: optional(compensationRecord),
  agentsPerPart: optional(integer(1)),
});

const progress = stateOf<AgentProgress>()({
  agent: name,
  kind,
  step: oneOf(...AGENT_STEPS),
  error: nullable(words),
});

const trouble = stateOf<Trouble>()({ what: words, why: words, since: words, attempts: integer() });
const forgotten = stateOf<Forgotten>()({ agent: name, provider, resourceId: nullable(words), key: words, why: words });

/** A change as people see it. */
export const changeView: Parser<ChangeView> = stateOf<ChangeView>()({
  changeId: words,
  revision: integer(),
  state: oneOf('running', 'done', 'failed', 'rolled_back', 'kept'),
  steps: stateOf<ChangeView['steps']>()({ created: integer(), woken: integer(), ready: integer(), total: integer() }),
  compensation: nullable(
    stateOf<NonNullable<ChangeView['compensation']>>()({
      state,
      attempt: integer(),
      entries: list(entry),
      audit: list(audit),
      metrics,
    }),
  ),
  error: nullable(words),
  code: optional(oneOf('Forbidden')),
  agents: list(progress),
  ids: record(words),
  troubles: optional(list(trouble)),
  forgotten: optional(list(forgotten)),
});
