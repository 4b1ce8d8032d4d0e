/** The instance of an agent: one life of its process. */

/** The process that runs or ran last. Times are epoch milliseconds. */
export interface Instance {
  readonly id: string | null;
  /** When it was woken, or when its first beat arrived. */
  readonly registeredAt: number | null;
  /** Whether a wake with this id succeeded; an id without a successful wake is used again. */
  readonly confirmed: boolean;
  readonly lastSeq: number | null;
  readonly lastBeatAt: number | null;
  readonly lastProofAt: number | null;
  readonly endpoint: string | null;
  readonly pid: number | null;
  /** Whether its last beat came through a gateway, and not straight from a service. */
  readonly viaGateway: boolean;
  /** Whether its host has reported its end, and the provider has not been asked since. */
  readonly endReported: boolean;
  /** The gateways that vouch for it, or have done so (docs/lifecycle.md, "Leases"); at most 8. */
  readonly holders: readonly Holder[];
  /** The instance before it, of an agent that names its instances itself: its beats may come late. */
  readonly replaced?: string;
}

/** The last message of a gateway about an instance. */
export interface Holder {
  /** The workflow id of the gateway's lease; with epoch 0 while it has named none. */
  readonly lease: string;
  /** The number of its last message; an older one is ignored. */
  readonly n: number;
  /** `heard`: it only passes beats on. `silent` and `lost` are tombstones: a message that comes too late does not vouch. */
  readonly says: 'heard' | 'vouches' | 'silent' | 'lost';
}

/** The instance before the first wake, or before the first beat of an agent that names itself. */
export const NO_INSTANCE: Instance = {
  id: null,
  registeredAt: null,
  confirmed: false,
  lastSeq: null,
  lastBeatAt: null,
  lastProofAt: null,
  endpoint: null,
  pid: null,
  viaGateway: false,
  endReported: false,
  holders: [],
};

/** The instance that a wake begins, or that an agent names itself. */
export function newInstance(id: string, now: number): Instance {
  return { ...NO_INSTANCE, id, registeredAt: now };
}

/** An instance that no longer runs keeps its id and times, but neither endpoint nor pid. */
export function endedInstance(instance: Instance): Instance {
  return { ...instance, endpoint: null, pid: null, endReported: false, holders: [] };
}
