/** The client: every operation of Drover, typed, over one connection to Temporal. */
import type { Client } from '@temporalio/client';
import { DroverError } from '../contract/errors';
import { DEFAULT_QUEUE_PREFIX, queues } from '../contract/names';
import { Agents } from './agents/agents';
import { Audit } from './audit';
import { Calls } from './temporal/calls';
import { type CallOptions } from './temporal/call-options';
import { type ConnectionSettings, openClient, resolveConnection } from './temporal/connection';
import { isConnectionError } from './temporal/error-kinds';
import { type Counts, countAll } from './counts';
import { Feed } from './feed';
import { type ApproveReferences, Fleets } from './fleets/fleets';
import { Leases } from './leases';
import { Logs } from './logs';
import { Inbox } from './inbox';
import { Pools } from './pools';
import type { Usage } from '../contract/usage';
import { Runs } from './runs/runs';
import { SpecKeys } from './spec-keys';
import { usageOfAll } from './usage';
import { checkSearchAttributes, registerSearchAttributes } from './temporal/search-attributes';

/** The default address of Temporal's SDK. */
const DEFAULT_ADDRESS = 'localhost:7233';

/** Temporal's `TaskQueueType`. */
const TASK_QUEUE_TYPES = { workflow: 1, activity: 2 } as const;

/** Where to connect, and the prefix of the workers' task queues (`drover` unless configured). */
export interface DroverClientOptions extends ConnectionSettings {
  readonly queuePrefix?: string;
  /**
   * Secrets that the specifications of process and docker agents are signed with, as in
   * `DROVER_SPEC_SECRET`: the first one signs. A client without them applies files that `drover
   * sign` has signed.
   */
  readonly specSecrets?: readonly string[] | undefined;
  /**
   * Called before an `apply` with the references of its credentials, services and webhooks. The
   * gateway and the command line note them in their state directory, where the worker looks.
   */
  readonly approveReferences?: ApproveReferences | undefined;
}

/** Connects at its first use. All methods reject only with `DroverError`s. */
export class DroverClient {
  readonly agents: Agents;
  readonly fleets: Fleets;
  readonly runs: Runs;
  readonly pools: Pools;
  readonly logs: Logs;
  readonly inbox: Inbox;
  readonly leases: Leases;
  readonly feed: Feed;
  readonly audit: Audit;
  readonly #calls: Calls;
  readonly #queuePrefix: string;
  readonly #address: string | undefined;

  private constructor(
    client: Client,
    queuePrefix: string,
    { specSecrets, approveReferences }: Pick<DroverClientOptions, 'specSecrets' | 'approveReferences'> = {},
    address?: string,
  ) {
    this.#calls = new Calls(client);
    this.#address = address;
    this.#queuePrefix = queuePrefix;
    this.agents = new Agents(this.#calls);
    this.fleets = new Fleets(this.#calls, queuePrefix, keysOf(specSecrets), approveReferences);
    this.runs = new Runs(this.#calls, this.fleets, queuePrefix);
    this.pools = new Pools(this.#calls);
    this.logs = new Logs(this.#calls, queuePrefix);
    this.inbox = new Inbox(this.#calls, this.runs);
    this.leases = new Leases(this.#calls, queuePrefix);
    this.feed = new Feed(this.#calls);
    this.audit = new Audit(this.#calls);
  }

  /** A client for one server, which it finds as the `temporal` CLI does. Sends nothing yet. */
  static connect({
    queuePrefix = DEFAULT_QUEUE_PREFIX,
    specSecrets,
    approveReferences,
    ...settings
  }: DroverClientOptions = {}): DroverClient {
    const { address } = resolveConnection(settings).connectionOptions;
    return new DroverClient(openClient(settings), queuePrefix, { specSecrets, approveReferences }, address);
  }

  /** A client over a connection that the caller closes. */
  static over(
    client: Client,
    queuePrefix: string = DEFAULT_QUEUE_PREFIX,
    specSecrets?: readonly string[],
  ): DroverClient {
    return new DroverClient(client, queuePrefix, { specSecrets });
  }

  /**
   * Resolves when Temporal answers for this namespace; else rejects with `Unavailable`, which names
   * the address.
   */
  async check(options: CallOptions = {}): Promise<void> {
    const { workflowService, options: settings } = this.#calls.client.workflow;
    const ask = () => workflowService.describeNamespace({ namespace: settings.namespace });
    try {
      await this.#calls.within(null, options, ask);
    } catch (error) {
      const isSilent = error instanceof DroverError && (error.code === 'Timeout' || isConnectionError(error));
      throw isSilent ? this.#nothingAnswers(error) : error;
    }
  }

  #nothingAnswers(cause: DroverError): DroverError {
    const at = this.#address ?? DEFAULT_ADDRESS;
    const what = `no Temporal server answers at ${at}: start drover up in this directory, or name another server with --address`;
    return new DroverError('Unavailable', what, undefined, { cause });
  }

  /**
   * Rejects with `Unavailable` if the namespace lacks search attributes; the message has the
   * commands that add them.
   */
  async checkSearchAttributes(options: CallOptions = {}): Promise<void> {
    await this.#calls.within(null, options, () => checkSearchAttributes(this.#calls.client));
  }

  /** Registers the search attributes that the namespace lacks, and returns their names. */
  registerSearchAttributes(options: CallOptions = {}): Promise<string[]> {
    return this.#calls.within(null, options, () => registerSearchAttributes(this.#calls.client));
  }

  /** The task queues that every fleet needs and that no worker polls. */
  async unservedQueues(options: CallOptions = {}): Promise<string[]> {
    const { workflowService, options: settings } = this.#calls.client.workflow;
    const { namespace } = settings;
    const isServed = async (name: string, taskQueueType: number): Promise<boolean> => {
      const asked = { namespace, taskQueue: { name }, taskQueueType };
      const { pollers } = await this.#calls.within(null, options, () => workflowService.describeTaskQueue(asked));
      return pollers.length > 0;
    };
    const needed = [
      [queues.main(this.#queuePrefix), TASK_QUEUE_TYPES.workflow],
      [queues.turns(this.#queuePrefix), TASK_QUEUE_TYPES.activity],
    ] as const;
    const served = await Promise.all(needed.map(([name, type]) => isServed(name, type)));
    return needed.flatMap(([name], index) => (served[index] ? [] : [name]));
  }

  /** How many agents, fleets, runs and running changes exist: from visibility, by a fixed number of calls. */
  counts(options: CallOptions = {}): Promise<Counts> {
    return countAll(this.#calls, options);
  }

  /**
   * The usage of all turns of all fleets, agents that have ended included: from visibility, by one
   * call for a thousand agents. Undefined: no turn reported usage.
   */
  usage(options: CallOptions = {}): Promise<Usage | undefined> {
    return usageOfAll(this.#calls, options);
  }

  /** Waits for open calls, then closes the connection. */
  close(): Promise<void> {
    return this.#calls.close();
  }
}

function keysOf(secrets: readonly string[] | undefined): SpecKeys | undefined {
  return secrets && new SpecKeys(secrets);
}
