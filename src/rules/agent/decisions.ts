/**
 * The decisions of an agent in its log: who, what, when, before, after, why. The state keeps the
 * last ones, the history has all.
 */
import type { Decision } from '../../contract/agent';
import type { NamedOrigin } from '../../contract/caller/origin';
import type { AgentAxes, AgentChanged } from '../../contract/event/data';
import type { EventLog, LogEntry, NewEntry } from '../../contract/event/log';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { append, appendAll } from '../lib/log/log';
import type { AgentState } from './state';
import { nameOf } from './subscription/switches';
import { shortWhy } from './why';

/** The most decisions in a view. */
const DECISIONS_SHOWN = 50;

/** A decision without its time and the states before and after. */
export interface Remark {
  readonly by: string;
  readonly what: string;
  readonly accepted?: boolean;
  readonly why?: string | null;
  /** Who gave the command, in parts. */
  readonly origin?: NamedOrigin | undefined;
}

/** Status, runtime, liveness and holds in short: `paused/running/ready [operator]`. */
export function summary(state: Pick<AgentState, 'status' | 'runtime' | 'liveness' | 'holds'>): string {
  return summaryOf({ ...state, holds: state.holds.map(({ name }) => name) });
}

interface Summarized {
  readonly status: string;
  readonly runtime: string;
  readonly liveness: string;
  readonly holds: readonly string[];
}

function summaryOf({ status, runtime, liveness, holds }: Summarized): string {
  return `${status}/${runtime}/${liveness}${holds.length === 0 ? '' : ` [${holds.join(', ')}]`}`;
}

/** Records the decision that led from `before` to `after`. */
export function withDecision(before: AgentState, after: AgentState, remark: Remark, now: number): AgentState {
  return { ...after, log: append(after.log, { type: 'agent.changed', data: changedData(before, after, remark) }, now) };
}

/** Records that the agent starts again, if it does. */
export function withRestart(before: AgentState, after: AgentState, now: number): AgentState {
  if (after.restarts <= before.restarts) return after;
  const restarted: NewEntry = {
    type: 'agent.restarted',
    data: { agent: nameOf(after), restarts: after.restarts, reason: after.reason },
  };
  return { ...after, log: appendAll(after.log, [restarted], now) };
}

/** The latest decisions of a log, oldest first. */
export function decisionsOf({ entries }: EventLog): readonly Decision[] {
  return entries
    .flatMap((entry) => (entry.type === 'agent.changed' ? [decisionOf(entry)] : []))
    .slice(-DECISIONS_SHOWN);
}

function changedData(before: AgentState, after: AgentState, remark: Remark): AgentChanged {
  const now = axesOf(after);
  const then = lastAxes(before);
  const names = (Object.keys(now) as (keyof AgentAxes)[]).filter((name) => !isSame(then[name], now[name]));
  const pick = (axes: AgentAxes): Partial<AgentAxes> => Object.fromEntries(names.map((name) => [name, axes[name]]));
  return {
    fleet: after.fleet,
    agent: nameOf(after),
    from: pick(then),
    to: pick(now),
    ...now,
    by: remark.by,
    what: remark.what,
    accepted: remark.accepted ?? true,
    ...(remark.origin && { origin: remark.origin }),
    // A reason may quote the last lines of a log, which must not fill the state.
    reason: typeof remark.why === 'string' ? boundedText(remark.why, SHORT_BYTES) : null,
    why: shortWhy(after),
  };
}

function axesOf({ status, runtime, liveness, holds, subscription, config }: AgentState): AgentAxes {
  return {
    status,
    runtime,
    liveness,
    holds: holds.map(({ name }) => name),
    subscription: subscription?.name ?? null,
    revision: config.revision,
  };
}

/**
 * The axes before a decision. A credential changes in one step and is recorded in the next one, so
 * the last decision says which one it was.
 */
function lastAxes(before: AgentState): AgentAxes {
  const last = before.log.entries.findLast(({ type }) => type === 'agent.changed')?.data['subscription'];
  return { ...axesOf(before), subscription: typeof last === 'string' ? last : null };
}

function isSame(one: AgentAxes[keyof AgentAxes], other: AgentAxes[keyof AgentAxes]): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** A carried log may hold anything, so nothing is taken on trust. */
function decisionOf({ at, data }: LogEntry): Decision {
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const { from } = data;
  const earlier = typeof from === 'object' && from !== null ? (from as Readonly<Record<string, unknown>>) : {};
  const axes = (given: Readonly<Record<string, unknown>>): string =>
    summaryOf({
      status: String(given['status']),
      runtime: String(given['runtime']),
      liveness: String(given['liveness']),
      holds: Array.isArray(given['holds']) ? given['holds'].map(String) : [],
    });
  return {
    at: new Date(at).toISOString(),
    by: text('by'),
    what: text('what'),
    accepted: data['accepted'] === true,
    before: axes({ ...data, ...earlier }),
    after: axes(data),
    why: typeof data['reason'] === 'string' ? data['reason'] : null,
  };
}
