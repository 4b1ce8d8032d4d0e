/** A pool and its agents without Temporal: the same rules, every message delivered by hand. */
import type { AgentSpec } from '../../../../src/contract/agent';
import type { AllocationGranted } from '../../../../src/contract/pool';
import type { FailureReport, SwitchRecord } from '../../../../src/contract/agent/subscription';
import { dueRequest, reportFailure, requestSent, takeGrant } from '../../../../src/rules/agent/subscription/report';
import type { AgentState } from '../../../../src/rules/agent/state';
import { markSwitchesAnnounced, isReloadDue, reloadEnded } from '../../../../src/rules/agent/subscription/switch';
import {
  observeFailure,
  type PoolStep,
  rejectAllocation,
  requestAllocation,
  resetPool,
  serveWaiting,
} from '../../../../src/rules/pool/pool';
import { newPool, type PoolState } from '../../../../src/rules/pool/state';
import { beginEffect } from '../../../../src/rules/agent/reconcile/outcome';
import { tick } from '../../../../src/rules/agent/timers';
import { T0, agentIn } from '../agents';

/** How the agent takes a new credential. */
export type Takes = 'hot' | 'refuses' | 'cannot';

export class PoolSim {
  now = T0;
  pool: PoolState;
  takes: Takes = 'hot';
  readonly agents = new Map<string, AgentState>();
  readonly switches: SwitchRecord[] = [];
  /** Every grant that an agent took. */
  readonly granted: { readonly agent: string; readonly grant: AllocationGranted }[] = [];

  constructor(...names: string[]) {
    const credentials = names.map((name) => ({ name, secret: `env:${name.toUpperCase()}` }));
    this.pool = newPool('claude', { credentials }, null);
  }

  /** An agent that runs, with its first credential. */
  add(name: string, settings: Partial<AgentSpec['subscription']> = {}): void {
    const spec = { subscription: { pool: 'claude', ...settings } };
    this.agents.set(name, { ...agentIn('running', 'running', 'ready', [], spec), agent: name });
    this.change(name, (state) => state);
    this.deliver();
  }

  of(name: string): AgentState {
    const state = this.agents.get(name);
    if (!state) throw new Error(`no agent ${name}`);
    return state;
  }

  /** `name#assignment`. */
  on(name: string): string {
    const { subscription } = this.of(name);
    return subscription === null ? 'none' : `${subscription.name}#${String(subscription.assignment)}`;
  }

  /** A report about the present assignment unless it says otherwise; true: it begins a switch. Nothing is delivered yet. */
  report(name: string, report: Partial<FailureReport> = {}): boolean {
    const present = this.of(name).subscription;
    const whole: FailureReport = {
      subscription: present?.name ?? 'a',
      ...(present && report.subscription === undefined ? { assignment: present.assignment } : {}),
      kind: 'rate_limit',
      ...report,
    };
    const { observed, begins } = reportFailure(this.of(name), whole, this.now);
    if (observed) this.pool = observeFailure(this.pool, observed, this.now);
    this.change(name, (state, now) => reportFailure(state, whole, now).state);
    return begins;
  }

  reset(credential: string | null = null): void {
    this.give(resetPool(this.pool, credential === null ? {} : { credential }, this.now));
    this.deliver();
  }

  wait(ms: number): void {
    this.now += ms;
    this.give(serveWaiting(this.pool, this.now));
    for (const name of this.agents.keys()) this.change(name, (state) => state);
    this.deliver();
  }

  /** Lets everything that is under way end. */
  deliver(): void {
    for (let round = 0; round < 100; round += 1) {
      if (![...this.agents.keys()].map((name) => this.step(name)).includes(true)) return;
    }
    throw new Error('never quiet');
  }

  private step(name: string): boolean {
    const due = dueRequest(this.of(name), this.now);
    if (due) {
      this.change(name, requestSent);
      this.give(requestAllocation(this.pool, due.request, this.now));
      return true;
    }
    if (!isReloadDue(this.of(name), this.now)) return false;
    this.change(name, (state, now) => beginEffect(state, 'reload', '', now));
    const result = this.takes === 'cannot' ? { error: 'no such secret' } : { reloaded: this.takes === 'hot' };
    this.change(name, (state, now) => reloadEnded(state, result, now));
    return true;
  }

  private give({ state, grants }: PoolStep): void {
    this.pool = state;
    for (const { agent, grant } of grants) {
      const name = agent.split('/')[1] ?? '';
      this.granted.push({ agent: name, grant });
      this.change(name, (now, at) => takeGrant(now, grant, at));
    }
  }

  change(name: string, rule: (state: AgentState, now: number) => AgentState): void {
    let state = tick(rule(this.of(name), this.now), this.now);
    for (const { record, rejected } of state.switches.ended) {
      if (record) this.switches.push(record);
      if (rejected) this.pool = rejectAllocation(this.pool, rejected.requestId, this.now);
    }
    if (state.switches.ended.length > 0) state = markSwitchesAnnounced(state);
    this.agents.set(name, state);
  }
}
