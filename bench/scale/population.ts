/** The agents of a scale run: fleets over a provider in memory, whose agents beat in batches at two gateways. */
import type { DroverClient } from '../../src/client';
import type { FleetSpec } from '../../src/contract/fleet';
import { inParallel } from '../../src/lib/in-parallel';
import type { MemoryProvider, MemoryResource } from '../../test/support/memory-provider';
import type { Callers } from './http';

/** The most agents of one fleet here; more are further fleets. */
const PER_FLEET = 1_000;
/** Beats of one request. */
const BATCH = 1_000;
/** As agents beat by default. */
const EVERY_MS = 5_000;

/** One agent. */
export interface Member {
  readonly fleet: string;
  readonly agent: string;
}

/** All agents, and their beats. */
export class Population {
  readonly members: readonly Member[];
  readonly fleets: readonly string[];
  readonly #provider: MemoryProvider;
  readonly #callers: Callers;
  readonly #resources = new Map<Member, MemoryResource>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(agents: number, provider: MemoryProvider, callers: Callers) {
    this.#provider = provider;
    this.#callers = callers;
    this.members = Array.from({ length: agents }, (_, index) => ({
      fleet: `scale-${String(Math.floor(index / PER_FLEET))}`,
      agent: `a${String(index)}`,
    }));
    this.fleets = [...new Set(this.members.map(({ fleet }) => fleet))];
  }

  /** Applies every fleet, and waits until its agents are ready. */
  async register(drover: DroverClient, progress: (text: string) => void): Promise<void> {
    const byName = new Map(this.members.map((member) => [`${member.fleet}/${member.agent}`, member]));
    // The provider calls before it answers, so an agent beats in the round after its wake.
    this.#provider.after = ({ call, fleet, agent, key }) => {
      const [member, resource] = [byName.get(`${fleet}/${agent}`), this.#provider.resources.get(key)];
      if (call === 'wakeResource' && member && resource) this.#resources.set(member, resource);
    };
    this.#beat();
    for (const fleet of this.fleets) {
      const members = this.members.filter((member) => member.fleet === fleet);
      const spec: FleetSpec = {
        agents: members.map(({ agent }, index) => ({
          name: agent,
          provider: 'docker',
          docker: { image: 'none' },
          labels: { team: index % 10 === 0 ? 'red' : 'blue' },
        })),
      };
      const { revision, changeId } = await drover.fleets.apply(fleet, { spec });
      const change = await drover.fleets.follow(fleet, { revision, changeId: changeId ?? '' });
      if (change?.state !== 'done') throw new Error(`${fleet}: ${String(change?.state)}: ${String(change?.error)}`);
      progress(`  ${fleet}: ${String(members.length)} agents ready`);
    }
  }

  /** Ends the beats, and waits for the last ones. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#round;
    clearTimeout(this.#timer);
  }

  #beat(): void {
    this.#round = this.#beatOnce();
    void this.#round.then(() => {
      this.#timer = setTimeout(() => {
        this.#beat();
      }, EVERY_MS);
    });
  }

  async #beatOnce(): Promise<void> {
    const lines = this.members.flatMap((member) => {
      const resource = this.#resources.get(member);
      if (resource?.state !== 'running') return [];
      return [JSON.stringify({ ...member, instanceId: resource.instanceId, status: 'ready' })];
    });
    const halves = [0, 1].map((half) => lines.filter((_, index) => index % 2 === half));
    const batches = halves.flatMap((half, index) =>
      Array.from({ length: Math.ceil(half.length / BATCH) }, (_, part) => ({
        index,
        beats: half.slice(part * BATCH, (part + 1) * BATCH),
      })),
    );
    await inParallel(batches, 4, ({ index, beats }) => this.#callers.beats(index, beats));
  }
}
