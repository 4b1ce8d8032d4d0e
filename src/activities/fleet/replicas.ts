/** Chooses the replica of a service for a turn: the one with the shortest queue, by their last answers. */
import type { ReplicaActivities, ReplicaCall } from '../../contract/activities';
import type { AgentView } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { isReplicaName } from '../../contract/names';
import { Agents } from '../../client/agents/agents';
import { describeFleet } from '../../contract/fleet/messages';
import type { Calls } from '../../client/temporal/calls';
import { fleetSubject } from '../../client/temporal/subject';
import { monotonicMs } from '../../lib/clock';
import { hasFailed, isActive, isOver, isUp } from '../../rules/agent/lifecycle';
import { asActivityFailure } from '../failures';

/** How long the answers of the replicas are used, in milliseconds; turns that were given out since are added to them. */
const FRESH_MS = 1_000;
/** A look at many replicas takes longer; it may take a twentieth of the time at most. */
const LOOK_SHARE = 20;

/** The known state of one replica. */
interface Told {
  readonly agent: string;
  /** Its turns in flight and waiting, with those given out since it was asked. */
  queue: number;
  /** Whether it could take a turn at once; else its queue waits, for example while it is paused. */
  readonly isReady: boolean;
}

interface Known {
  replicas: readonly Told[];
  until: number;
  looking: Promise<void> | null;
}

/** Dependencies of the choice; `now` in milliseconds, the clock of this process unless given. */
export interface ReplicaSettings {
  readonly calls: Calls;
  readonly now?: () => number;
}

/** The activity of one worker, which remembers the last answers. */
export function createReplicaActivities({ calls, now = monotonicMs }: ReplicaSettings): ReplicaActivities {
  const services = new Map<string, Known>();

  async function look(call: ReplicaCall, known: Known): Promise<void> {
    const begun = now();
    known.replicas = await tell(calls, call);
    const ended = now();
    known.until = ended + Math.max(FRESH_MS, LOOK_SHARE * (ended - begun));
  }

  async function freshly(call: ReplicaCall): Promise<Known> {
    const key = `${call.fleet}/${call.service}`;
    const known = services.get(key) ?? { replicas: [], until: 0, looking: null };
    services.set(key, known);
    // A refusal shows that the last look is out of date.
    if (now() < known.until && call.not.length === 0) return known;
    known.looking ??= look(call, known).finally(() => (known.looking = null));
    await known.looking;
    return known;
  }

  return {
    async pickReplica(call) {
      try {
        const { replicas } = await freshly(call);
        return { agent: chosen(replicas, call.not) };
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
        throw asActivityFailure(error, { permanent: error.code === 'FleetNotFound', expected: true });
      }
    },
  };
}

/** The shortest queue of those that are ready, else of the others; counted as one longer from now on. */
function chosen(replicas: readonly Told[], not: readonly string[]): string | null {
  const left = replicas.filter(({ agent }) => !not.includes(agent));
  const ready = left.filter(({ isReady }) => isReady);
  const [first, ...others] = ready.length > 0 ? ready : left;
  if (first === undefined) return null;
  const shortest = others.reduce((least, told) => (told.queue < least.queue ? told : least), first);
  shortest.queue += 1;
  return shortest.agent;
}

async function tell(calls: Calls, { fleet, service }: ReplicaCall): Promise<Told[]> {
  const { agents } = await calls.query(fleetSubject(fleet), describeFleet, {});
  const names = Object.keys(agents).filter((name) => isReplicaName(service, name));
  const asked = await new Agents(calls).describeAll(names.map((agent) => ({ fleet, agent })));
  return asked.flatMap(({ ref, view }) =>
    view === null || isOver(view) || hasFailed(view) ? [] : [told(ref.agent, view)],
  );
}

function told(agent: string, view: AgentView): Told {
  const { inFlight, queued } = view.turns;
  const isReady = isActive(view) && isUp(view) && (view.liveness === 'ready' || view.liveness === 'degraded');
  return { agent, queue: inFlight + queued, isReady };
}
