/**
 * A provider in memory, for tests and benches: the same promises as the real ones (find-or-create by key, tombstones, idempotent
 * wake), every call counted, and hooks to delay calls, fail them or lose their answers.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { ProviderActivities, ResourceCall, ResourceState, WakeCall } from '../../src/contract/activities';

/** The calls of a provider. */
export type ProviderCall = keyof ProviderActivities;

/** One call that arrived, in order of arrival. */
export interface RecordedCall {
  readonly call: ProviderCall;
  readonly fleet: string;
  readonly agent: string;
  readonly key: string;
  /** Of a wake: the credential that it was given. */
  readonly subscription?: WakeCall['subscription'];
}

/** One resource as the provider sees it. */
export interface MemoryResource {
  readonly resourceId: string;
  readonly fleet: string;
  readonly agent: string;
  readonly key: string;
  state: ResourceState['state'];
  exitCode: number | null;
  pid: number | null;
  detail: string | null;
  instanceId: string | null;
}

/** Runs around a call: may wait, may throw. */
export type ProviderHook = (call: RecordedCall, count: number) => Promise<void> | void;

/** Hooks: `before` the effect (a throw means that nothing happened), `after` it (a throw means that the answer was lost). */
export interface MemoryProviderOptions {
  before?: ProviderHook;
  after?: ProviderHook;
}

/** A failure as the provider activities raise it; `permanent` ones are not retried. */
export function providerFailure(message: string, permanent = false): ApplicationFailure {
  const body = { code: 'ProviderError', message };
  return ApplicationFailure.create({ type: body.code, message, nonRetryable: permanent, details: [body] });
}

/** The provider; give `activities` to a worker, look at the rest. Hooks may be exchanged at any time. */
export class MemoryProvider {
  readonly calls: RecordedCall[] = [];
  /** By key; destroyed ones are gone. */
  readonly resources = new Map<string, MemoryResource>();
  readonly tombstones = new Set<string>();
  before: ProviderHook | undefined;
  after: ProviderHook | undefined;
  private created = 0;
  private nextPid = 1_000;

  constructor(options: MemoryProviderOptions = {}) {
    this.before = options.before;
    this.after = options.after;
  }

  /** How often a call arrived, for one agent or for all. */
  count(call: ProviderCall, agent?: string): number {
    return this.calls.filter((made) => made.call === call && (agent === undefined || made.agent === agent)).length;
  }

  /** The resource of an agent, the newest of several. */
  of(agent: string): MemoryResource | undefined {
    return [...this.resources.values()].filter((resource) => resource.agent === agent).at(-1);
  }

  /** As if the instance had ended by itself. */
  crash(agent: string, exitCode = 1, detail = `exited with code ${String(exitCode)}`): void {
    const resource = this.of(agent);
    if (resource) Object.assign(resource, { state: 'exited', exitCode, pid: null, detail });
  }

  /** The activities over this provider. */
  readonly activities: ProviderActivities = {
    createResource: (call) =>
      this.around('createResource', call, () => {
        if (this.tombstones.has(call.key))
          throw providerFailure(`key ${call.key} was destroyed and is never used again`, true);
        const found = this.resources.get(call.key);
        if (found) return { resourceId: found.resourceId };
        this.created += 1;
        const resourceId = `memory-${String(this.created)}`;
        const { fleet, agent, key } = call;
        const empty = { state: 'stopped', exitCode: null, pid: null, detail: null, instanceId: null } as const;
        this.resources.set(key, { resourceId, fleet, agent, key, ...empty });
        return { resourceId };
      }),

    prepareResource: (call) => this.around('prepareResource', call, () => undefined),

    wakeResource: (call: WakeCall) =>
      this.around('wakeResource', call, () => {
        const resource = this.existing(call);
        // As the real ones: a running instance of another id is ended, and this one starts.
        const isUp = resource.state === 'running' || resource.state === 'paused';
        if (!isUp || resource.instanceId !== call.instanceId) {
          this.nextPid += 1;
          Object.assign(resource, {
            state: 'running',
            exitCode: null,
            pid: this.nextPid,
            detail: null,
            instanceId: call.instanceId,
          });
        }
        return { pid: resource.pid };
      }),

    suspendResource: (call) => this.around('suspendResource', call, () => this.switch(call, 'running', 'paused')),
    continueResource: (call) => this.around('continueResource', call, () => this.switch(call, 'paused', 'running')),

    stopResource: (call) =>
      this.around('stopResource', call, () => {
        const resource = this.resources.get(call.key);
        if (resource && resource.state !== 'stopped')
          Object.assign(resource, { state: 'exited', exitCode: 0, pid: null });
      }),

    destroyResource: (call) =>
      this.around('destroyResource', call, () => {
        this.tombstones.add(call.key);
        return { existed: this.resources.delete(call.key) };
      }),

    inspectResource: (call) =>
      this.around('inspectResource', call, () => {
        const { state, exitCode, pid, detail } = this.resources.get(call.key) ?? { state: 'absent', ...NOTHING };
        return { state, exitCode, pid, detail };
      }),
  };

  private async around<T>(name: ProviderCall, call: ResourceCall, effect: () => T): Promise<T> {
    const subscription = 'subscription' in call ? { subscription: (call as WakeCall).subscription } : {};
    const made = { call: name, fleet: call.fleet, agent: call.agent, key: call.key, ...subscription };
    this.calls.push(made);
    const count = this.count(name, call.agent);
    await this.before?.(made, count);
    const answer = effect();
    await this.after?.(made, count);
    return answer;
  }

  private existing(call: ResourceCall): MemoryResource {
    const resource = this.resources.get(call.key);
    if (!resource) throw providerFailure(`${call.fleet}/${call.agent}: no resource with key ${call.key}`, true);
    return resource;
  }

  private switch(call: ResourceCall, from: 'running' | 'paused', to: 'running' | 'paused'): void {
    const resource = this.existing(call);
    if (resource.state === from) resource.state = to;
    else if (resource.state !== to)
      throw providerFailure(`${call.fleet}/${call.agent} is ${resource.state}, not ${from}`, true);
  }
}

const NOTHING = { exitCode: null, pid: null, detail: null } as const;
