/**
 * The same random beats, straight to one agent and through two gateways with leases to another. The gateways die, and messages are lost,
 * repeated or late. Both agents have the same liveness, within the time that a lease lasts.
 */
import fc from 'fast-check';
import type { Heartbeat, Liveness } from '../../src/contract/agent';
import { LEASE_TTL_MS } from '../../src/contract/lease';
import { SECOND } from '../rules/agent/agents';
import { runs } from '../support/runs';
import { type Death, type Fate, LATE_S, World } from './lease-liveness/world';

const BEAT_EVERY_MS = 5 * SECOND;
/** Beside the lease the longest delay of a message, and as much for the seconds in which gateways and beats come. */
const TOLERANCE_S = (LEASE_TTL_MS + 2 * LATE_S * SECOND) / SECOND;

/** How an agent behaves for some seconds: which gateway the balancer sends it to, and what it says; null: nothing. */
interface Phase {
  readonly seconds: number;
  readonly gateway: 0 | 1;
  readonly status: Heartbeat['status'] | null;
  readonly isNewInstance: boolean;
}

const phase: fc.Arbitrary<Phase> = fc.record({
  // About as long as a renewal, as a silence, and as it takes until both must be the same.
  seconds: fc.oneof(
    fc.integer({ min: 1, max: 15 }),
    fc.integer({ min: 50, max: 90 }),
    fc.integer({ min: 150, max: 300 }),
  ),
  gateway: fc.constantFrom(0 as const, 1 as const),
  status: fc.constantFrom<Heartbeat['status'] | null>('ready', 'ready', 'degraded', 'starting', 'stopping', null, null),
  isNewInstance: fc.boolean(),
});
const death: fc.Arbitrary<Death> = fc.record({
  afterS: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 300 })),
  gateway: fc.constantFrom(0 as const, 1 as const),
  awayS: fc.integer({ min: 1, max: 200 }),
});
/** Half of the messages arrive. */
const fate = fc.constantFrom<Fate>('ok', 'ok', 'ok', 'ok', 'lost', 'answer lost', 'late', 'twice', 'twice');
/** The last phase is long enough to show what the others have led to. */
const lastPhase = fc.record({
  seconds: fc.constant(400),
  gateway: fc.constantFrom(0 as const, 1 as const),
  status: fc.constantFrom<Heartbeat['status'] | null>('ready', null, null),
  isNewInstance: fc.constant(false),
});

/** A gateway that has died vouches for the rest of its lease, in which rule 3 of docs/lifecycle.md may make an agent ready. */
function mayBe(leased: Liveness, direct: ReadonlySet<Liveness>): boolean {
  return direct.has(leased) || (leased === 'ready' && direct.has('starting'));
}

test('property: the liveness of both is the same, within the time that a lease lasts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.array(phase, { minLength: 1, maxLength: 6 }), lastPhase).map(([some, last]) => [...some, last]),
      fc.array(death, { maxLength: 4 }),
      fc.infiniteStream(fate),
      async (phases, deaths, fates) => {
        const world = new World(fates);
        const seen: [ReadonlySet<Liveness>, Liveness][] = [];
        const dying = [...deaths];
        let untilDeath = dying[0]?.afterS ?? Infinity;
        let instances = 1;
        let seq = 0;
        for (const { seconds, gateway, status, isNewInstance } of phases) {
          if (isNewInstance && status !== null) {
            instances += 1;
            seq = 0;
          }
          for (let second = 0; second < seconds; second += 1) {
            untilDeath -= 1;
            if (untilDeath <= 0) {
              const dies = dying.shift();
              if (dies) world.die(dies);
              untilDeath = dying[0]?.afterS ?? Infinity;
            }
            await world.second();
            if (status !== null && world.now % BEAT_EVERY_MS === 0) {
              seq += 1;
              await world.beat({ instanceId: `A-${String(instances)}`, seq, status }, gateway);
            }
            seen.push([world.direct.liveness, world.leased.liveness]);
          }
        }
        let differsFor = 0;
        for (const [second, [, leased]] of seen.entries()) {
          const near = seen.slice(Math.max(0, second - TOLERANCE_S), second + TOLERANCE_S + 1);
          const isKnown = second + TOLERANCE_S >= seen.length;
          // A message that is lost may make them differ, but for no longer than a lease lasts.
          differsFor = isKnown || near.some(([direct]) => mayBe(leased, direct)) ? 0 : differsFor + 1;
          if (differsFor > LEASE_TTL_MS / SECOND)
            throw new Error(
              `after ${String(second)} s the agent with leases is ${leased}, the other ${[...(seen[second]?.[0] ?? [])].join(' or ')}`,
            );
        }
        for (const second of seen.keys()) {
          const later = seen.slice(second, second + TOLERANCE_S + 1);
          const lasting = [...new Set(later.flatMap(([direct]) => [...direct]))];
          const stays = later.length > TOLERANCE_S && lasting.length === 1;
          if (stays && !later.some(([, leased]) => leased === lasting[0]))
            throw new Error(
              `${String(second)} s: one stays ${String(lasting[0])}, the one with leases never becomes it`,
            );
        }
      },
    ),
    { numRuns: runs(400) },
  );
});
