/** The memory of a gateway of one agent that beats at it. */
import type { AgentView, Heartbeat } from '../../contract/agent';
import type { BeatAnswer } from '../../contract/protocol';
import type { AgentRef } from '../../client';
import type { Vouched } from '../leases/vouching';
import { beatAnswer } from './desired';

/**
 * The state of one agent: a few hundred bytes, so that 100,000 agents stay below 200 MB. Times are
 * by the monotonic clock.
 */
export class BeatEntry implements Vouched {
  readonly ref: AgentRef;
  beat: Heartbeat;
  seenAt: number;
  /** The session of the last beat, once its workflow has it; undefined: that beat had none. */
  toldSession: string | null | undefined;
  toldAt: number | null = null;
  heldBy: string | null = null;
  isBraked = false;
  /** The workflow's last answer; undefined until it was queried. */
  answer: BeatAnswer | undefined;
  readAt = 0;
  /** Counts the changes that the feed has reported, and those that the answer contains. */
  changes = 0;
  seenChanges = 0;
  /** Unknown before the first answer; until then one beat is enough. */
  staleAfterMs = Infinity;
  offline = false;
  /** Whether the workflow says something else than the last beat: it has not received that, or it has received an older one after it. */
  isMisheard = false;
  /**
   * A beat of this instance that could not be sent. One that says `starting` does not replace it,
   * because `starting` never moves an agent back (docs/lifecycle.md, "Liveness", 2).
   */
  untold: Heartbeat | null = null;
  /** The open query, which a burst of beats shares. */
  reading: Promise<BeatAnswer> | undefined;

  constructor(ref: AgentRef, beat: Heartbeat, now: number) {
    this.ref = ref;
    this.beat = beat;
    this.seenAt = now;
  }

  get instanceId(): string {
    return this.beat.instanceId;
  }

  get shouldBeat(): boolean {
    return this.answer?.desired === 'run' && this.beat.status !== 'stopping';
  }

  /** Takes a beat; true if it says something else than the last one. */
  take(beat: Heartbeat, now: number): boolean {
    const { status, instanceId, endpoint } = this.beat;
    this.beat = beat;
    this.seenAt = now;
    this.isBraked = false;
    if (beat.session === undefined) this.toldSession = undefined;
    if (beat.instanceId !== instanceId) this.untold = null;
    const isChanged = beat.status !== status || beat.instanceId !== instanceId || beat.endpoint !== endpoint;
    return isChanged || this.hasNewSession();
  }

  /** The beat that must be sent before the last one. */
  get owed(): Heartbeat | null {
    return this.beat.status === 'starting' ? this.untold : null;
  }

  /** Notes whether a beat has arrived at the workflow. */
  told(beat: Heartbeat, hasArrived: boolean): void {
    if (beat.instanceId !== this.instanceId || beat.status === 'starting') return;
    if (this.beat === beat) this.untold = null;
    if (hasArrived && this.untold === beat) this.untold = null;
    if (!hasArrived && (this.beat === beat || this.beat.status === 'starting')) this.untold ??= beat;
  }

  /** Whether the last beat names a session that the workflow has not received. */
  hasNewSession(): boolean {
    const { session } = this.beat;
    return session !== undefined && session !== this.toldSession;
  }

  /**
   * A beat that was overtaken on its way: the workflow would ignore it (docs/lifecycle.md,
   * "Liveness", 7).
   */
  isOutdated(beat: Heartbeat): boolean {
    const last = this.beat;
    if (last.instanceId !== beat.instanceId || last.seq === undefined || beat.seq === undefined) return false;
    return beat.seq <= last.seq && beat.seq !== 1;
  }

  /** Takes a view of the agent's workflow. */
  remember(view: AgentView, now: number): BeatAnswer {
    this.answer = beatAnswer(view);
    this.readAt = now;
    this.staleAfterMs = view.beats.staleAfterMs;
    this.offline = view.liveness === 'offline';
    const { instanceId, status } = this.beat;
    const isProof = status === 'ready' || status === 'degraded';
    this.isMisheard = isProof && view.instanceId === instanceId && view.liveness !== status;
    return this.answer;
  }
}
