/** Pull mode: polls the gateway for calls of Drover, and posts the answers (docs/protocol.md). */
import { setTimeout as pause } from 'node:timers/promises';
import { LONGEST_POLL_MS, type PulledCall } from '../contract/agent/pull';
import { messageOf } from '../contract/text';
import { callGateway, causeOf, refusalOf, turnPath } from './gateway-call';
import { answer, answerRoute, type Answer, BODY_LIMIT_BYTES, type Route } from './server';
import type { AgentIdentity } from './settings';

const WAIT_SECONDS = 30;
/** The first pause after a failed call; it doubles up to the longest. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/** Polls until `stop`. */
export class Puller {
  readonly #identity: AgentIdentity;
  readonly #routes: readonly Route[];
  readonly #withdraw: (turnId: string) => void;
  readonly #stopped = new AbortController();
  readonly #open = new Set<Promise<void>>();
  /** The call that arrived last. The gateway hands out again what did not arrive. */
  #last = '';

  constructor(identity: AgentIdentity, routes: readonly Route[], withdraw: (turnId: string) => void) {
    this.#identity = identity;
    this.#routes = routes;
    this.#withdraw = withdraw;
  }

  /** Polls one call after the other, and answers them side by side. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      try {
        const call = await this.#poll();
        failures = 0;
        if (call !== null) this.#take(call);
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        failures += 1;
        if (failures === 1)
          console.error(`drover: cannot poll ${this.#identity.gateway}: ${causeOf(error)}; still trying`);
        await pause(Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 16), LONGEST_RETRY_MS), undefined, {
          ref: false,
        });
      }
    }
  }

  /** Takes no more calls, and waits until the answers of those that were taken are sent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#open);
  }

  async #poll(): Promise<PulledCall | null> {
    const query = new URLSearchParams({
      wait: `${String(WAIT_SECONDS)}s`,
      instance: this.#identity.instanceId,
      last: this.#last,
    });
    const limit = AbortSignal.timeout(LONGEST_POLL_MS);
    const answered = await callGateway(this.#identity, {
      method: 'GET',
      path: `turns?${query.toString()}`,
      signal: AbortSignal.any([this.#stopped.signal, limit]),
    });
    if (answered.status === 204) return null;
    if (!answered.ok) throw new Error(`it answers ${refusalOf(answered)}`);
    return JSON.parse(answered.text) as PulledCall;
  }

  #take(call: PulledCall): void {
    this.#last = call.id;
    if (call.kind === 'withdraw') {
      this.#withdraw(call.id);
      return;
    }
    const work = this.#answer(call).finally(() => this.#open.delete(work));
    this.#open.add(work);
  }

  async #answer({ id, kind, body }: PulledCall): Promise<void> {
    const answered = await answerRoute(this.#routes, 'POST', `/${kind}`, body).catch((error: unknown) => {
      console.error(error);
      return answer(500, { error: messageOf(error) });
    });
    const isLong = Buffer.byteLength(answered.json) > BODY_LIMIT_BYTES;
    const refusal = isLong ? `it is longer than ${String(BODY_LIMIT_BYTES)} bytes` : await this.#reply(id, answered);
    if (refusal === null) return;
    await this.#reply(id, answer(200, { action: 'fail', error: `its reply cannot be sent: ${refusal}` }));
  }

  /** Posts an answer until the gateway has it, or refuses it; returns the refusal. */
  async #reply(id: string, { status, json }: Answer): Promise<string | null> {
    const path = turnPath(id, 'reply');
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      try {
        const answered = await callGateway(this.#identity, {
          method: 'POST',
          path,
          json: `{"status":${String(status)},"reply":${json}}`,
          signal: AbortSignal.timeout(LONGEST_POLL_MS),
        });
        // 404: the call was withdrawn, or the gateway hands it out again.
        if (answered.ok || answered.status === 404) return null;
        if (answered.status < 500 && answered.status !== 429) return refusalOf(answered);
      } catch (error) {
        console.error(`drover: cannot reply to ${this.#identity.gateway}: ${causeOf(error)}; still trying`);
      }
      await pause(retryMs, undefined, { ref: false });
    }
  }
}
