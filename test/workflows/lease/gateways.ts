/**
 * Gateways in tests of leases: the real ledger and leases of a gateway over the real client, with a clock of the test. A gateway that is
 * killed no longer hears, renews or tells.
 */
import { randomUUID } from 'node:crypto';
import { DroverClient } from '../../../src/client';
import type { BeatAnswer } from '../../../src/contract/protocol';
import { type LeaseView, LEASE_RENEW_MS } from '../../../src/contract/lease';
import { leaseOfId } from '../../../src/contract/names';
import { Vouching } from '../../../src/gateway/leases/vouching';
import { BeatLedger } from '../../../src/gateway/routes/beats';
import type { TestEnv } from '../../support/env';
import type { TestAgent } from '../agent/harness';

const SECOND = 1_000;

/** The time of all gateways of a test, in milliseconds. */
export interface Clock {
  now: number;
}

/** One start of a gateway. */
export class TestGateway {
  readonly instance = randomUUID();
  readonly warned: string[] = [];
  readonly #clock: Clock;
  readonly #client: DroverClient;
  readonly #vouching: Vouching;
  readonly #ledger: BeatLedger;
  isAlive = true;

  constructor(env: TestEnv, taskQueue: string, clock: Clock) {
    this.#clock = clock;
    this.#client = DroverClient.over(env.client, taskQueue);
    const { agents, leases } = this.#client;
    const target = {
      begin: leases.begin.bind(leases),
      renew: leases.renew.bind(leases),
      silent: agents.silent.bind(agents),
      heartbeat: (ref: { fleet: string; agent: string }, beat: Parameters<typeof agents.heartbeat>[1]) =>
        agents.heartbeat(ref, { ...beat, via: 'gateway' }),
      describe: (ref: { fleet: string; agent: string }) => agents.describe(ref),
    };
    const news = { deaf: () => this.#ledger.deaf(), warn: (message: string) => void this.warned.push(message) };
    this.#vouching = new Vouching(target, news, clock.now, this.instance);
    const counters = { received: () => undefined, forwarded: () => undefined };
    this.#ledger = new BeatLedger(target, counters, () => clock.now, this.#vouching);
  }

  /** One beat of this agent's current instance. */
  async beat({ fleet, name: agent }: TestAgent, instanceId: string): Promise<BeatAnswer> {
    return this.#ledger.beat({ fleet, agent }, { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/' });
  }

  tick(): Promise<void> {
    return this.#vouching.tick(this.#clock.now);
  }

  listeningMs(): number {
    return this.#ledger.listeningMs();
  }

  /** Its current lease, by the lease that an agent names. */
  lease(id: string): Promise<LeaseView> {
    const ref = leaseOfId(id);
    if (ref === null) throw new Error(`${id} is not the id of a lease`);
    return this.#client.leases.describe(ref);
  }
}

/** Agents that beat at gateways, and a time that passes for both and for the server. */
export class Beating {
  readonly clock: Clock;
  readonly gateways: TestGateway[] = [];
  readonly #env: TestEnv;
  readonly #agents: readonly (readonly [TestAgent, string])[];
  readonly #stepMs: number;
  readonly #taskQueue: string;
  /** Agents that no longer beat, by name. */
  readonly dead = new Set<string>();

  private constructor(
    env: TestEnv,
    taskQueue: string,
    agents: readonly (readonly [TestAgent, string])[],
    clock: Clock,
    stepMs: number,
  ) {
    this.#env = env;
    this.#taskQueue = taskQueue;
    this.#agents = agents;
    this.clock = clock;
    this.#stepMs = stepMs;
  }

  /** Agents whose workflows run. Steps of 20 s unless given: a third of the time that a lease lasts. */
  static async of(
    env: TestEnv,
    taskQueue: string,
    agents: readonly TestAgent[],
    stepMs = LEASE_RENEW_MS,
  ): Promise<Beating> {
    const running = await Promise.all(
      agents.map(async (agent) => {
        const { instanceId } = await agent.until(({ runtime }) => runtime === 'running');
        return [agent, instanceId ?? ''] as const;
      }),
    );
    return new Beating(env, taskQueue, running, { now: 1_000_000 }, stepMs);
  }

  start(): TestGateway {
    const gateway = new TestGateway(this.#env, this.#taskQueue, this.clock);
    this.gateways.push(gateway);
    return gateway;
  }

  /** Every living agent beats at this gateway until each is held: a first beat, a renewal, a beat that names it. */
  async hold(gateway: TestGateway): Promise<void> {
    await this.#beat(gateway);
    await gateway.tick();
    await this.#beat(gateway);
    for (const [agent] of this.#agents) {
      if (!this.dead.has(agent.name))
        await agent.until(({ heldBy = [] }) => heldBy.some((lease) => lease.includes(gateway.instance)));
    }
  }

  /** Lets time pass for the server and for the gateways; living agents beat at `at`, null: nowhere. */
  async pass(ms: number, at: TestGateway | null): Promise<void> {
    for (let passed = 0; passed < ms; passed += this.#stepMs) {
      await this.#env.sleep(this.#stepMs);
      await this.step(this.#stepMs, at);
    }
    // The gateways look once a second.
    this.clock.now += SECOND;
  }

  /** Lets time pass for the gateways only. */
  async step(ms: number, at: TestGateway | null): Promise<void> {
    this.clock.now += ms;
    if (at?.isAlive) await this.#beat(at);
    for (const gateway of this.gateways) if (gateway.isAlive) await gateway.tick();
  }

  async #beat(gateway: TestGateway): Promise<void> {
    for (const [agent, instanceId] of this.#agents)
      if (!this.dead.has(agent.name)) await gateway.beat(agent, instanceId);
  }
}

/** Every change of liveness that the agent has recorded, as `ready > offline`. */
export async function changesOf(agent: TestAgent): Promise<string[]> {
  const { decisions = [] } = await agent.view();
  const livenessOf = (summary: string) =>
    /starting|ready|degraded|offline/.exec(summary.split('/').at(-1) ?? summary)?.[0];
  return decisions
    .filter(({ before, after }) => livenessOf(before) !== livenessOf(after))
    .map(({ before, after }) => `${livenessOf(before) ?? ''} > ${livenessOf(after) ?? ''}`);
}
