/**
 * An agent without Temporal: the same rules, driven step by step over a provider of a few lines, so
 * that fast-check can interleave commands, effects, failures and crashes.
 */
import type { ResourceState } from '../../../src/contract/activities';
import type { AgentCommand } from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import type { AgentState, Effect, ProviderEffect } from '../../../src/rules/agent/state';
import { reloadEnded } from '../../../src/rules/agent/subscription/switch';
import { type CommandRequest, decide } from '../../../src/rules/agent/commands/commands';
import { applyBeat } from '../../../src/rules/agent/liveness/liveness';
import { withProbes } from '../../../src/rules/agent/liveness/probes';
import { effectFailed } from '../../../src/rules/agent/reconcile/failure';
import { beginEffect, effectSucceeded } from '../../../src/rules/agent/reconcile/outcome';
import { hasReached } from '../../../src/rules/agent/reconcile/inspection';
import { nextEffect } from '../../../src/rules/agent/reconcile/next-effect';
import { type Rule, step } from '../../../src/rules/agent/step';
import { nextDue } from '../../../src/rules/agent/timers';
import { parseAgentState } from '../../../src/rules/agent/input/carried';
import { expectCarried } from '../lib/expect-carried';
import { T0, fresh } from './agents';

/** How an effect in progress ends: done; refused by the provider; done, but the answer was lost. */
export type End = 'succeeds' | 'fails' | 'loses its answer';

export class AgentSim {
  state: AgentState;
  now = T0;
  /** The real state at the provider. */
  process: ResourceState['state'] = 'stopped';
  instanceId: string | null = null;
  readonly calls: Effect[] = [];
  private ids = 0;

  constructor(state: AgentState = fresh()) {
    this.state = state;
  }

  /** The command's error code, or whether it changed something. */
  command(command: AgentCommand, options: Readonly<Record<string, unknown>> = {}): boolean | string {
    try {
      const request = { command, options } as CommandRequest;
      const { changed } = decide(this.state, request, this.now);
      this.change((state, now) => decide(state, request, now).state);
      return changed;
    } catch (error) {
      if (error instanceof DroverError) return error.code;
      throw error;
    }
  }

  /** Begins the next effect, if there is one and none is in progress. */
  begin(): boolean {
    const effect = nextEffect(this.state, this.now);
    if (effect === null) return false;
    this.ids += 1;
    this.change((state, now) => beginEffect(state, effect, `A-${String(this.ids)}`, now));
    this.calls.push(effect);
    return true;
  }

  /** Ends the effect in progress. */
  end(how: End): void {
    const { effect } = this.state;
    if (effect === null) return;
    if (effect === 'reload') {
      const result = how === 'fails' ? { error: 'no such secret' } : { reloaded: how === 'succeeds' };
      this.change((state, now) => reloadEnded(state, result, now));
      return;
    }
    const isPossible = this.isPossible(effect);
    if (how !== 'fails' && isPossible) this.act(effect);
    if (how === 'succeeds' && isPossible) {
      this.change((state, now) => effectSucceeded(state, effect, this.found(), now));
      return;
    }
    const found = this.found();
    this.change((state, now) =>
      effect !== 'inspect' && hasReached(effect, found)
        ? effectSucceeded(state, effect, found, now)
        : effectFailed(state, effect, { code: 'ProviderError', message: 'the provider refused' }, found, now),
    );
  }

  crash(exitCode = 1): void {
    if (this.process !== 'running' && this.process !== 'paused') return;
    this.process = 'exited';
    this.exitCode = exitCode;
  }

  beat(status: 'starting' | 'ready' | 'degraded' | 'stopping' = 'ready'): void {
    if (this.process !== 'running' || this.instanceId === null) return;
    const beat = { instanceId: this.instanceId, status, endpoint: 'http://127.0.0.1:1/' };
    this.change((state, now) => withProbes(applyBeat(state, beat, now), now));
  }

  wait(ms: number): void {
    this.now += ms;
    this.change((state) => state);
  }

  /** Lets everything succeed until nothing is left to do; beats keep a running process alive. */
  settle(): void {
    for (let step = 0; step < 200; step += 1) {
      this.end('succeeds');
      this.beat();
      if (this.begin()) continue;
      const due = nextDue(this.state, this.now);
      const isWaiting = this.state.retryAt !== null || this.state.restartAt !== null || this.state.probeAt !== null;
      const mayHaveDied = this.process === 'exited' && this.state.runtime === 'running';
      if ((!isWaiting && !mayHaveDied) || due === null) return;
      this.wait(due - this.now);
    }
    throw new Error(`never quiet: ${JSON.stringify(this.state)}`);
  }

  private exitCode: number | null = null;

  private change(rule: Rule): void {
    this.state = step(this.state, rule, this.now);
    expectCarried(parseAgentState, this.state);
  }

  private isPossible(effect: ProviderEffect): boolean {
    const alive = this.process === 'running' || this.process === 'paused';
    return effect === 'suspend' || effect === 'continue' ? alive : true;
  }

  private act(effect: ProviderEffect): void {
    switch (effect) {
      case 'wake':
        if (this.process === 'running' || this.process === 'paused') return;
        this.process = 'running';
        this.instanceId = this.state.instance.id;
        return;
      case 'suspend':
        this.process = 'paused';
        return;
      case 'continue':
        this.process = 'running';
        return;
      case 'stop':
        this.process = 'stopped';
        return;
      case 'destroy':
        this.process = 'absent';
        return;
      case 'inspect':
        return;
    }
  }

  private found(): ResourceState {
    return { state: this.process, exitCode: this.exitCode, pid: null, detail: null };
  }
}
