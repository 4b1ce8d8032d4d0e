/** What Temporal's Web UI and visibility know of an agent, kept right on every change and written on change only. */
import {
  type SearchAttributeUpdatePair,
  type TypedSearchAttributes,
  SearchAttributeType,
  defineSearchAttributeKey,
} from '@temporalio/common';
import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { AgentState } from '../../rules/agent/state';
import { jsonBytes } from '../../rules/lib/json-bytes';
import { card, cardKey } from '../../rules/agent/view';
import type { AgentMachine } from './machine';
import type { Supervisor } from '../shared/supervise';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

const KEYWORDS = {
  DroverFleet: keyword('DroverFleet'),
  DroverAgent: keyword('DroverAgent'),
  DroverAgentStatus: keyword('DroverAgentStatus'),
  DroverLiveness: keyword('DroverLiveness'),
  DroverPool: keyword('DroverPool'),
  DroverSubscription: keyword('DroverSubscription'),
} as const;
const HOLDS = defineSearchAttributeKey('DroverHolds', SearchAttributeType.KEYWORD_LIST);

/** Publishes the state from now on, and again whenever what it returns is called. */
export function publish(machine: AgentMachine, supervisor: Supervisor): () => void {
  let shown = '';
  const react = (): void => {
    const troubles = supervisor.troubles();
    const key = cardKey(machine.state, troubles);
    if (key === shown) return;
    shown = key;
    const changed = changedAttributes(machine.state, workflowInfo().typedSearchAttributes);
    if (changed.length > 0) upsertSearchAttributes(changed);
    tellAllHolds(machine.state);
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
  const holds = fitting(state.holds.map(({ name }) => name));
  if ((known.get(HOLDS) ?? []).join() !== holds.join())
    changed.push({ key: HOLDS, value: holds.length === 0 ? null : holds });
  return changed;
}

/** Lists read this first: what is cut from the attribute is in the memo. */
function tellAllHolds({ holds }: AgentState): void {
  const names = holds.map(({ name }) => name);
  const all = fitting(names).length === names.length ? null : names;
  const told: unknown = workflowInfo().memo?.['holds'] ?? null;
  if (JSON.stringify(told) !== JSON.stringify(all)) upsertMemo({ holds: all });
}

/** Bytes of a list's JSON that the server takes in a search attribute: with more it ends the workflow. */
const MOST_LIST_BYTES = 2_000;

/** The first values, as many as a search attribute takes; `describe` has them all. */
function fitting(values: readonly string[]): string[] {
  const kept: string[] = [];
  for (const value of values) {
    if (jsonBytes([...kept, value]) > MOST_LIST_BYTES) break;
    kept.push(value);
  }
  return kept;
}
