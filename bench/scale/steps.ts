/** The steps of a scale run, in order. Each returns what it found, for the table. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { commands } from './commands';
import { added, count } from './counting';
import type { Site } from './site';

/** What the steps act on. */
export interface Scale extends Pick<Site, 'temporal' | 'population' | 'callers' | 'drover' | 'workers' | 'gateways'> {
  /** Of the idle step. */
  readonly minutes: number;
  /** Of the steps of commands. */
  readonly seconds: number;
  progress(text: string): void;
}

/** One step. */
export interface ScaleStep {
  readonly name: string;
  /** Whether nothing happens in it, so that its cost is that of idle agents. */
  readonly isIdle?: boolean;
  act(): Promise<string>;
}

/** A lease's time, and `staleAfter` of an agent, after which the agents of a dead gateway would be offline. */
const NOTICED_MS = 80_000;
/** Two beats of an agent. */
const QUIET_MS = 10_000;
const PAGE = 500;

interface Page {
  readonly items: readonly { readonly liveness: string }[];
  readonly nextPageToken: string | null;
}

/** The steps. */
export function stepsOf(scale: Scale): readonly ScaleStep[] {
  const { temporal, population, callers, drover, workers, gateways, minutes, seconds } = scale;
  const [[first], [, worker2], [, gateway2]] = [population.fleets, workers, gateways];
  if (!first || !worker2 || !gateway2) throw new Error('a fleet, two workers and two gateways are needed');

  async function list(query = ''): Promise<Page['items']> {
    const items: Page['items'][number][] = [];
    let token: string | null = '';
    while (token !== null) {
      const after: string = token === '' ? '' : `&pageToken=${encodeURIComponent(token)}`;
      const page: Page | null = await callers.json('GET', `/v1/agents?pageSize=${String(PAGE)}${query}${after}`);
      items.push(...(page?.items ?? []));
      token = page?.nextPageToken ?? null;
    }
    return items;
  }

  async function livenesses(): Promise<string> {
    const by = new Map<string, number>();
    for (const { liveness } of await list()) by.set(liveness, (by.get(liveness) ?? 0) + 1);
    return [...by].map(([liveness, many]) => `${String(many)} ${liveness}`).join(', ');
  }

  const load = () => commands(population.members, callers, seconds);
  return [
    {
      name: 'register',
      async act() {
        await population.register(drover, (text) => {
          scale.progress(text);
        });
        return livenesses();
      },
    },
    {
      name: 'until the leases have them',
      act: () => quiet(temporal),
    },
    {
      name: `idle ${String(minutes)} min`,
      isIdle: true,
      async act() {
        for (let left = minutes; left > 0; left -= 1) {
          await sleep(Math.min(left, 1) * 60_000);
          scale.progress(`  ${String(Math.max(left - 1, 0))} minutes left`);
        }
        return livenesses();
      },
    },
    { name: '100 commands a second', act: load },
    {
      name: 'kill a gateway',
      async act() {
        callers.use(gateways.filter((child) => child !== gateway2));
        await gateway2.kill('SIGKILL');
        await sleep(NOTICED_MS);
        return livenesses();
      },
    },
    {
      name: 'kill a worker, with commands',
      async act() {
        await worker2.kill('SIGKILL');
        return load();
      },
    },
    { name: 'list and page', act: async () => `${String((await list()).length)} agents` },
    {
      name: 'get agents -l team=red',
      act: async () => `${String((await list('&label=team%3Dred')).length)} agents`,
    },
    {
      name: 'describe fleet',
      async act() {
        for (const fleet of population.fleets) await callers.json('GET', `/v1/fleets/${fleet}`);
        return `${String(population.fleets.length)} fleets`;
      },
    },
    ...(['pause', 'resume'] as const).map((command) => ({
      name: `${command} a fleet`,
      async act() {
        await callers.json('POST', `/v1/fleets/${first}/${command}`);
        return `${String(population.members.filter(({ fleet }) => fleet === first).length)} agents`;
      },
    })),
    {
      name: 'destroy a fleet',
      async act() {
        const { revision, changeId } = await drover.fleets.destroy(first);
        const change = await drover.fleets.follow(first, { revision, changeId: changeId ?? '' });
        return `change ${String(change?.state)}`;
      },
    },
  ];
}

/** Waits until no agent's workflow does anything for a while: each has heard the beat that names its lease. */
async function quiet(temporal: Client): Promise<string> {
  let before = await count(temporal, []);
  for (let looks = 1; ; looks += 1) {
    await sleep(QUIET_MS);
    const now = await count(temporal, []);
    if (added(before, now, 'agent').events === 0) return `${String(looks)} looks`;
    before = now;
  }
}
