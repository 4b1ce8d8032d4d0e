/**
 * The provider of tests: resources in memory, with the promises of the real providers (find or
 * create by key, tombstones, idempotent operations), and with faults on request.
 */
import type { ResourceCall, ResourceState, WakeCall } from '../contract/activities';
import type { DroverError } from '../contract/errors';
import { ABSENT, type HeldResource, type Provider, providerError, titleOf } from '../providers/provider';

/** The operations of a provider. */
export type ProviderOperation = 'create' | 'prepare' | 'wake' | 'suspend' | 'continue' | 'stop' | 'destroy' | 'inspect';

/** One call that arrived, in the order of arrival. */
export interface ProviderCall {
  readonly operation: ProviderOperation;
  readonly fleet: string;
  readonly agent: string;
  readonly key: string;
  /** Of a wake: the credential that the instance got; null: none. */
  readonly subscription?: WakeCall['subscription'];
}

/** One resource. `state` as the real providers report it. */
export interface TestResource {
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

/**
 * `agent`: calls for this agent only. `times`: how many calls fail, 1 unless given. `permanent`: a
 * repeat would fail too, so Drover does not repeat the call.
 */
export interface FaultOptions {
  readonly agent?: string;
  readonly times?: number;
  readonly permanent?: boolean;
  readonly message?: string;
}

/** Runs programs for the provider. */
export interface Launcher {
  /** Starts an instance; resolves with its process id, null in memory. */
  launch(call: WakeCall): Promise<number | null>;
  freeze(call: ResourceCall): void;
  thaw(call: ResourceCall): void;
  end(call: ResourceCall): Promise<void>;
}

interface Fault {
  readonly operation: ProviderOperation;
  readonly when: 'before' | 'after';
  readonly agent: string | undefined;
  readonly error: DroverError;
  left: number;
}

/** The provider of a fleet under test. It stands for every kind that a fleet file names. */
export class TestProvider implements Provider {
  readonly kind = 'memory';
  /** Every call, in the order of arrival. */
  readonly calls: ProviderCall[] = [];
  /** By key; destroyed ones are gone. */
  readonly resources = new Map<string, TestResource>();
  readonly tombstones = new Set<string>();
  readonly #launcher: Launcher | undefined;
  #faults: Fault[] = [];
  #created = 0;

  constructor(launcher?: Launcher) {
    this.#launcher = launcher;
  }

  /**
   * Lets the next call of an operation fail: `before` it takes effect, or `after`, so that its
   * answer is lost. Drover repeats calls, so `times: 3` or `permanent: true` fails the whole effect.
   *
   * @example
   * t.provider.failNext('wake', 'after', { agent: 'Writer' });
   */
  failNext(operation: ProviderOperation, when: 'before' | 'after', options: FaultOptions = {}): void {
    const { agent, times = 1, permanent = false } = options;
    const { message = `${operation} failed on request of the test, ${when} its effect` } = options;
    this.#faults.push({ operation, when, agent, left: times, error: providerError(message, { permanent }) });
  }

  /** How often an operation was called, for one agent or for all. */
  count(operation: ProviderOperation, agent?: string): number {
    return this.calls.filter((made) => made.operation === operation && (agent ?? made.agent) === made.agent).length;
  }

  /** The resource of an agent, the newest if there are several; undefined if it has none. */
  of(agent: string): TestResource | undefined {
    return [...this.resources.values()].filter((resource) => resource.agent === agent).at(-1);
  }

  /** The agents whose resources exist, one entry per resource, sorted. */
  held(): string[] {
    return [...this.resources.values()].map(({ agent }) => agent).sort();
  }

  /** Marks the resource of an agent as ended by itself. */
  crash(agent: string, exitCode = 1, detail = `exited with code ${String(exitCode)}`): void {
    const resource = this.of(agent);
    if (resource) Object.assign(resource, { state: 'exited', exitCode, pid: null, detail });
  }

  create(call: ResourceCall): Promise<{ resourceId: string }> {
    return this.#around('create', call, async () => {
      if (this.tombstones.has(call.key))
        throw providerError(`key ${call.key} was destroyed and is never used again`, { permanent: true });
      const found = this.resources.get(call.key);
      if (found) return { resourceId: found.resourceId };
      this.#created += 1;
      const resourceId = `memory-${String(this.#created)}`;
      const { fleet, agent, key } = call;
      const empty = { state: 'stopped', exitCode: null, pid: null, detail: null, instanceId: null } as const;
      this.resources.set(key, { resourceId, fleet, agent, key, ...empty });
      return { resourceId };
    });
  }

  prepare(call: ResourceCall): Promise<void> {
    return this.#around('prepare', call, async () => undefined);
  }

  wake(call: WakeCall): Promise<{ pid: number | null }> {
    return this.#around('wake', call, async () => {
      const resource = this.#existing(call);
      if (resource.instanceId !== call.instanceId) {
        await this.#launcher?.end(call);
        Object.assign(resource, { state: 'running', exitCode: null, detail: null, instanceId: call.instanceId });
        resource.pid = (await this.#launcher?.launch(call)) ?? null;
      }
      return { pid: resource.pid };
    });
  }

  suspend(call: ResourceCall): Promise<void> {
    return this.#around('suspend', call, async () => {
      this.#switch(call, 'running', 'paused');
      this.#launcher?.freeze(call);
    });
  }

  continue(call: ResourceCall): Promise<void> {
    return this.#around('continue', call, async () => {
      this.#switch(call, 'paused', 'running');
      this.#launcher?.thaw(call);
    });
  }

  stop(call: ResourceCall): Promise<void> {
    return this.#around('stop', call, async () => {
      const resource = this.resources.get(call.key);
      if (!resource || resource.state === 'stopped') return;
      await this.#launcher?.end(call);
      Object.assign(resource, { state: 'exited', exitCode: 0, pid: null });
    });
  }

  destroy(call: ResourceCall): Promise<{ existed: boolean }> {
    return this.#around('destroy', call, async () => {
      this.tombstones.add(call.key);
      await this.#launcher?.end(call);
      return { existed: this.resources.delete(call.key) };
    });
  }

  inspect(call: ResourceCall): Promise<ResourceState> {
    return this.#around('inspect', call, async () => {
      const { state, exitCode, pid, detail } = this.resources.get(call.key) ?? ABSENT;
      return { state, exitCode, pid, detail };
    });
  }

  async list(): Promise<readonly HeldResource[]> {
    const createdAt = new Date(0).toISOString();
    return [...this.resources.values()].map(({ resourceId, key, fleet, agent }) => ({
      ...{ resourceId, key, fleet, agent, createdAt },
    }));
  }

  async *logs(): AsyncIterable<Uint8Array> {
    // Agents in memory have no output of their own.
  }

  async #around<T>(operation: ProviderOperation, call: ResourceCall, effect: () => Promise<T>): Promise<T> {
    const { fleet, agent, key } = call;
    const subscription = 'subscription' in call ? { subscription: (call as WakeCall).subscription } : {};
    this.calls.push({ operation, fleet, agent, key, ...subscription });
    this.#fail(operation, 'before', agent);
    const answer = await effect();
    this.#fail(operation, 'after', agent);
    return answer;
  }

  #fail(operation: ProviderOperation, when: Fault['when'], agent: string): void {
    const fault = this.#faults.find(
      (due) => due.operation === operation && due.when === when && (due.agent ?? agent) === agent,
    );
    if (!fault) return;
    fault.left -= 1;
    if (fault.left <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
    throw fault.error;
  }

  #existing(call: ResourceCall): TestResource {
    const resource = this.resources.get(call.key);
    if (resource) return resource;
    throw providerError(`${titleOf(call)}: no resource has the key ${call.key}`, { permanent: true });
  }

  #switch(call: ResourceCall, from: 'running' | 'paused', to: 'running' | 'paused'): void {
    const resource = this.#existing(call);
    if (resource.state === from) resource.state = to;
    else if (resource.state !== to)
      throw providerError(`${titleOf(call)} is ${resource.state}, not ${from}`, { permanent: true });
  }
}
