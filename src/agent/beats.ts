/**
 * Sends heartbeats: the first at once, then at the gateway's interval, and sooner after a failure.
 */
import type { Heartbeat } from '../contract/agent';
import type { BeatAnswer } from '../contract/protocol';
import { callGateway, causeOf, refusalOf } from './gateway-call';
import type { AgentIdentity } from './settings';

/** The content of a beat, without the instance and its number. */
export type Pulse = Omit<Heartbeat, 'instanceId' | 'seq'>;

/** docs/lifecycle.md, "Liveness": agents beat every 5 s, until the gateway says otherwise. */
const DEFAULT_BEAT_MS = 5_000;
/**
 * Bounds for the gateway's interval, so that no answer can silence an agent or make it flood the
 * gateway.
 */
const BEAT_MS = { min: 50, max: 60_000 };
/** The first pause after a failed beat; it doubles up to the usual interval. */
const FIRST_RETRY_MS = 100;
/** The time limits of a beat. The last beat delays the end of the agent, so it waits less. */
const BEAT_TIMEOUT_MS = 5_000;
const LAST_BEAT_TIMEOUT_MS = 1_000;

/** Sends beats until `end`. */
export class Beats {
  private readonly identity: AgentIdentity;
  private readonly pulse: () => Pulse;
  private readonly heard: (answer: BeatAnswer, sent: Pulse) => void;
  private seq = 0;
  private intervalMs = DEFAULT_BEAT_MS;
  private failures = 0;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;

  constructor(identity: AgentIdentity, pulse: () => Pulse, heard: (answer: BeatAnswer, sent: Pulse) => void) {
    this.identity = identity;
    this.pulse = pulse;
    this.heard = heard;
  }

  /** Sends a beat now: the first one, or after a change. */
  async beat(): Promise<void> {
    clearTimeout(this.timer);
    // One at a time, so that none overtakes another. A change during a beat is in the next one.
    while (this.sending) await this.sending;
    this.sending = this.send();
    await this.sending;
  }

  /** Sends the last beat. */
  async end(): Promise<void> {
    this.ended = true;
    await this.beat();
  }

  private async send(): Promise<void> {
    try {
      const pulse = this.pulse();
      const answer = await this.post(pulse);
      this.intervalMs = clamp(answer.nextBeatMs);
      this.failures = 0;
      this.heard(answer, pulse);
    } catch (error) {
      this.failures += 1;
      if (this.failures === 1)
        console.error(`drover: cannot send beats to ${this.identity.gateway}: ${causeOf(error)}; still trying`);
    } finally {
      this.sending = undefined;
    }
    if (this.ended) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.beat(), this.pauseMs());
  }

  private pauseMs(): number {
    return this.failures === 0
      ? this.intervalMs
      : Math.min(this.intervalMs, FIRST_RETRY_MS * 2 ** Math.min(this.failures, 16));
  }

  private async post(pulse: Pulse): Promise<BeatAnswer> {
    this.seq += 1;
    const beat: Heartbeat = { instanceId: this.identity.instanceId, seq: this.seq, ...pulse };
    const answer = await callGateway(this.identity, {
      method: 'POST',
      path: 'heartbeat',
      json: JSON.stringify(beat),
      signal: AbortSignal.timeout(this.ended ? LAST_BEAT_TIMEOUT_MS : BEAT_TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`it answers ${refusalOf(answer)}`);
    return JSON.parse(answer.text) as BeatAnswer;
  }
}

function clamp(ms: unknown): number {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return DEFAULT_BEAT_MS;
  return Math.min(Math.max(ms, BEAT_MS.min), BEAT_MS.max);
}
