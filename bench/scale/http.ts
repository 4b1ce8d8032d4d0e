/** Calls of a scale run to its gateways, with what went wrong counted. */
import type { Child } from './processes';

/** Ten times what a call takes on a busy machine; a caller who waits longer counts as refused. */
const PATIENCE_MS = 60_000;

/** The gateways behind one balancer: a call goes to a living one. */
export class Callers {
  readonly errors: string[] = [];
  readonly #token: string;
  #gateways: readonly Child[];

  constructor(gateways: readonly Child[], token: string) {
    this.#gateways = gateways;
    this.#token = token;
  }

  /** From now on, calls go to these. */
  use(gateways: readonly Child[]): void {
    this.#gateways = gateways;
  }

  /** The answer as JSON. A failure is counted, and null. */
  async json<T>(method: string, path: string, index = 0): Promise<T | null> {
    const response = await this.#call(method, path, index, method === 'POST' ? '{}' : undefined, 'application/json');
    return response === null ? null : ((await response.json()) as T);
  }

  /** Beats in one request; the answers that are errors are counted. */
  async beats(index: number, lines: readonly string[]): Promise<void> {
    const response = await this.#call('POST', '/v1/heartbeats', index, lines.join('\n'), 'application/x-ndjson');
    if (response === null) return;
    for (const line of (await response.text()).split('\n')) {
      if (line.includes('"error"')) this.errors.push(`beat: ${line.slice(0, 200)}`);
    }
  }

  async #call(
    method: string,
    path: string,
    index: number,
    body: string | undefined,
    type: string,
  ): Promise<Response | null> {
    const gateway = this.#gateways[index % this.#gateways.length];
    try {
      const response = await fetch(new URL(path, gateway?.url), {
        method,
        headers: { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (response.ok) return response;
      this.errors.push(`${method} ${path}: ${String(response.status)} ${(await response.text()).slice(0, 200)}`);
    } catch (error) {
      this.errors.push(`${method} ${path}: ${String(error)}`);
    }
    return null;
  }
}
