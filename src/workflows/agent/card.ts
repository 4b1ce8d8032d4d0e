/** Publishes the agent in Temporal's Web UI and visibility, and writes only what has changed. */
import type { SearchAttributeUpdatePair, TypedSearchAttributes } from '@temporalio/common';
import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { firstThatFit, searchAttributeKeys } from '../../contract/search-attributes';
import { AGENT_MEMO } from '../../contract/agent';
import type { AgentState } from '../../rules/agent/state';
import { agentTold, card, cardKey } from '../../rules/agent/view';
import type { AgentMachine } from './machine';
import type { Supervisor } from '../shared/supervise';
import { tellUsage } from '../shared/told-usage';

const {
  DroverHolds: HOLDS,
  DroverRunState: _ofRuns,
  DroverWaiting: _waiting,
  DroverChangedAt: _ofLogs,
  ...KEYWORDS
} = searchAttributeKeys;

/** Publishes the state now and after every change. Returns a function that publishes it again. */
export function publish(machine: AgentMachine, supervisor: Supervisor): () => void {
  let shown = '';
  const react = (): void => {
    const troubles = supervisor.troubles();
    const key = cardKey(machine.state, troubles);
    if (key === shown) return;
    shown = key;
    const changed = changedAttributes(machine.state, workflowInfo().typedSearchAttributes);
    if (changed.length > 0) upsertSearchAttributes(changed);
    writeHoldsMemo(machine.state);
    writeUsageMemo(machine.state);
    writeTold(machine.state);
    setCurrentDetails(card(machine.state, troubles));
  };
  machine.onChange(react);
  react();
  return react;
}

function changedAttributes(state: AgentState, known: TypedSearchAttributes): SearchAttributeUpdatePair[] {
  const wanted: Readonly<Record<keyof typeof KEYWORDS, string | null>> = {
    DroverFleet: state.fleet,
    DroverAgent: state.agent,
    DroverAgentStatus: state.status,
    DroverLiveness: state.liveness,
    DroverPool: state.config.spec.subscription?.pool ?? null,
    DroverSubscription: state.subscription?.name ?? null,
  };
  const changed: SearchAttributeUpdatePair[] = [];
  for (const name of Object.keys(KEYWORDS) as (keyof typeof KEYWORDS)[]) {
    const key = KEYWORDS[name];
    if ((known.get(key) ?? null) !== wanted[name]) changed.push({ key, value: wanted[name] });
  }
  const holds = firstThatFit(state.holds.map(({ name }) => name));
  if ((known.get(HOLDS) ?? []).join() !== holds.join())
    changed.push({ key: HOLDS, value: holds.length === 0 ? null : holds });
  return changed;
}

/** The memo holds all names when the search attribute cannot; lists read the memo first. */
function writeHoldsMemo({ holds }: AgentState): void {
  const names = holds.map(({ name }) => name);
  const all = firstThatFit(names).length === names.length ? null : names;
  const told: unknown = workflowInfo().memo?.['holds'] ?? null;
  if (JSON.stringify(told) !== JSON.stringify(all)) upsertMemo({ holds: all });
}

/** The fleet's sum adds these up (client/usage.ts): a query of every agent would take too long. */
function writeUsageMemo({ usage }: AgentState): void {
  if (usage !== undefined) tellUsage(usage);
}

/** The fields of lists that search attributes do not hold; written on change only. */
function writeTold(state: AgentState): void {
  const { memo, startTime } = workflowInfo();
  const told = agentTold(state, startTime.toISOString());
  if (JSON.stringify(memo?.[AGENT_MEMO]) !== JSON.stringify(told)) upsertMemo({ [AGENT_MEMO]: told });
}
