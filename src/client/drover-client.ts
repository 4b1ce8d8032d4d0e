/** The client: every operation of Drover, typed, over one connection to Temporal. */
import type { Client } from '@temporalio/client';
import { DEFAULT_QUEUE_PREFIX } from '../contract/names';
import { Agents } from './agents';
import { type CallOptions, Calls } from './calls';
import { type ConnectionSettings, openClient } from './connection';
import { Fleets } from './fleets';
import { Pools } from './pools';
import { Runs } from './runs';

/** Where to connect, and under which prefix the workers listen (`drover` unless configured). */
export interface DroverClientOptions extends ConnectionSettings {
  readonly queuePrefix?: string;
}

/** Connects when it is first used. All methods reject with `DroverError`s and with nothing else. */
export class DroverClient {
  readonly agents: Agents;
  readonly fleets: Fleets;
  readonly runs: Runs;
  readonly pools: Pools;
  readonly #calls: Calls;

  private constructor(client: Client, queuePrefix: string) {
    this.#calls = new Calls(client);
    this.agents = new Agents(this.#calls);
    this.fleets = new Fleets(this.#calls, queuePrefix);
    this.runs = new Runs(this.#calls, this.fleets, queuePrefix);
    this.pools = new Pools(this.#calls);
  }

  /** A client for one server, found like the `temporal` CLI finds it; nothing is sent yet. */
  static connect({ queuePrefix = DEFAULT_QUEUE_PREFIX, ...settings }: DroverClientOptions = {}): DroverClient {
    return new DroverClient(openClient(settings), queuePrefix);
  }

  /** A client over a connection that is somebody else's to close. */
  static over(client: Client, queuePrefix: string = DEFAULT_QUEUE_PREFIX): DroverClient {
    return new DroverClient(client, queuePrefix);
  }

  /** Resolves when Temporal answers for our namespace; rejects with `Unavailable` or `Timeout`. */
  async check(options: CallOptions = {}): Promise<void> {
    const { workflowService, options: settings } = this.#calls.client.workflow;
    await this.#calls.within(null, options, () => workflowService.describeNamespace({ namespace: settings.namespace }));
  }

  /** Waits for the calls that are under way, then closes the connection. */
  close(): Promise<void> {
    return this.#calls.close();
  }
}
