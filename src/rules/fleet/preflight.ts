/** The check before the first step of a change: the questions to each worker, and the effect of the answers. */
import type { AgentSpec } from '../../contract/agent';
import { references } from '../../contract/agent/references';
import type { AgentChange, ProvisionInput, SubscriptionSpec } from '../../contract/fleet';
import type { PreflightCall, PreflightItem, Unmet } from '../../contract/fleet/preflight';
import { boundedList, boundedText, shareBytes } from '../../contract/text';
import { withChange } from './change';
import type { FleetState } from './state';

/** The calls to one worker, in order. `host` null: the main queue. */
export interface PreflightRound {
  readonly host: string | null;
  readonly calls: readonly PreflightCall[];
}

/** The longest list of agents in one call, in characters of JSON: well below the 2 MiB of a payload. */
const CALL_LENGTH = 256 * 1_024;

/** The checks of a change, by worker. Only agents that it creates or replaces are checked. */
export function preflightRounds({ change }: FleetState): PreflightRound[] {
  if (change?.step !== 'check' || change.input === null) return [];
  const { input, spec } = change;
  return roundsOf(input, spec.subscriptions ?? []);
}

/** Changes that have a host. */
export interface Placed extends Pick<ProvisionInput, 'fleet' | 'host'> {
  readonly changes: readonly Pick<AgentChange, 'kind' | 'spec' | 'previous'>[];
}

/** The checks of these changes, by worker. */
export function roundsOf(placed: Placed, pools: readonly SubscriptionSpec[]): PreflightRound[] {
  const hosts = new Map<string | null, PreflightItem[]>();
  for (const { host, item } of placed.changes.flatMap((one) => itemsOf(one, placed))) {
    hosts.set(host, [...(hosts.get(host) ?? []), ...(item === null ? [] : [item])]);
  }
  return [...hosts].map(([host, items]) => ({ host, calls: callsOf(placed.fleet, items, pools) }));
}

/** The questions about one agent. Without an item, the call only shows whether its host answers. */
interface Asked {
  readonly host: string | null;
  readonly item: PreflightItem | null;
}

function itemsOf({ kind, spec, previous }: Placed['changes'][number], { host }: Pick<Placed, 'host'>): Asked[] {
  if (spec === null || (kind !== 'create' && kind !== 'replace')) return [];
  const left = previous?.provider === 'process' ? previous.host : undefined;
  return [...itemsOfSpec(spec, host), ...(left === undefined ? [] : [{ host: left, item: null }])];
}

/** A process is started by its host; a worker of the main queue does the rest. */
function itemsOfSpec(spec: AgentSpec, host: string): Asked[] {
  // The provider of tests resolves nothing.
  if (spec.provider === 'memory') return [];
  const { name, provider, notify = [] } = spec;
  if (provider !== 'process') return [{ host: null, item: { spec, checks: ['program', 'webhooks'] } }];
  const webhooks: AgentSpec = { name, provider, notify };
  return [
    { host, item: { spec, checks: ['program'] } },
    ...(references(webhooks).length === 0
      ? []
      : [{ host: null, item: { spec: webhooks, checks: ['webhooks'] } } as const]),
  ];
}

function callsOf(fleet: string, items: readonly PreflightItem[], pools: readonly SubscriptionSpec[]): PreflightCall[] {
  const calls: PreflightItem[][] = [[]];
  let length = 0;
  for (const item of items) {
    const its = JSON.stringify(item).length;
    if (length > 0 && length + its > CALL_LENGTH) {
      calls.push([]);
      length = 0;
    }
    calls.at(-1)?.push(item);
    length += its;
  }
  return calls.map((agents) => {
    const used = new Set(agents.map(({ spec }) => spec.subscription?.pool));
    const needed = pools.filter(({ pool }) => used.has(pool));
    return { fleet, agents, pools: needed.map(({ pool, credentials }) => ({ pool, credentials })) };
  });
}

/** The findings of the checks: agents that lack something, and workers that did not answer. */
export interface Findings {
  readonly unmet: readonly Unmet[];
  readonly silent: readonly string[];
}

/** Begins the change if nothing is missing; otherwise ends it before its first step. */
export function settlePreflight(state: FleetState, { unmet, silent }: Findings): FleetState {
  const { change } = state;
  if (change?.step !== 'check') return state;
  if (unmet.length + silent.length === 0) return withChange(state, { ...change, step: 'provision' });
  const lines = [...unmet.map(({ agent, why }) => `${agent}: ${why}`), ...silent];
  const whys = new Map(unmet.map(({ agent, why }) => [agent, boundedText(why, shareBytes(unmet.length))]));
  const isForbidden = unmet.some(({ code }) => code === 'Forbidden');
  return withChange(state, {
    ...change,
    step: 'ended',
    input: null,
    view: {
      ...change.view,
      state: 'failed',
      error: boundedList(['nothing was changed', ...lines]),
      ...(isForbidden && { code: 'Forbidden' as const }),
      agents: change.view.agents.map((progress) => {
        const error = whys.get(progress.agent);
        return error === undefined ? progress : { ...progress, step: 'failed', error };
      }),
    },
  });
}

/** The findings of one worker, call after call, until it does not answer. `whySilent` gives the reason of a failed call, or throws it. */
export async function findingsInTurn(
  calls: readonly PreflightCall[],
  ask: (call: PreflightCall) => Promise<readonly Unmet[]>,
  whySilent: (error: unknown) => string,
): Promise<Findings> {
  const unmet: Unmet[] = [];
  for (const call of calls) {
    try {
      unmet.push(...(await ask(call)));
    } catch (error) {
      return { unmet, silent: [whySilent(error)] };
    }
  }
  return { unmet, silent: [] };
}

/** Joins the findings of several workers; an agent that two of them name appears once. */
export function joinFindings(found: readonly Findings[]): Findings {
  return { unmet: joinUnmet(found.flatMap(({ unmet }) => unmet)), silent: found.flatMap(({ silent }) => silent) };
}

function joinUnmet(all: readonly Unmet[]): Unmet[] {
  const byAgent = new Map<string, Unmet>();
  for (const unmet of all) {
    const before = byAgent.get(unmet.agent);
    byAgent.set(unmet.agent, before ? { ...before, ...unmet, why: `${before.why}; ${unmet.why}` } : unmet);
  }
  return [...byAgent.values()];
}
