/** A gateway of tests: takes beats over a real socket, keeps them, and answers as the test says. */
import { PATIENCE_MS } from '../support/patience';
import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Heartbeat } from '../../src/contract/agent';
import type { BeatAnswer } from '../../src/contract/protocol';
import { until } from '../../src/lib/until';

/** One beat that arrived. */
export interface ReceivedBeat extends Heartbeat {
  readonly agent: string;
  readonly authorization: string | undefined;
}

/** A call that waits for a poll, or for its reply. */
interface Handed {
  readonly id: string;
  readonly kind: string;
  readonly body: unknown;
  readonly answer: (answer: { readonly status: number; readonly body: unknown }) => void;
}

export class FakeGateway {
  readonly beats: ReceivedBeat[] = [];
  /** Reports of failures, with the agent that they are about. */
  readonly reports: unknown[] = [];
  /** The reported progress, by turn. */
  readonly progress: { readonly turnId: string; readonly said: unknown }[] = [];
  answer: BeatAnswer = { desired: 'run', nextBeatMs: 100 };
  /** A status other than 200 refuses beats. */
  status = 200;
  requests = 0;
  url = '';
  private server: Server | undefined;
  private polls: ServerResponse[] = [];
  private readonly waiting: Handed[] = [];
  private readonly handed = new Map<string, Handed[]>();
  private calls = 0;

  /** Listens, on a given port after an earlier `close`. */
  async listen(port = 0): Promise<this> {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const reported = /^\/v1\/agents\/mars\/(\w+)\/failures$/.exec(request.url ?? '')?.[1];
        if (reported !== undefined) {
          this.reports.push({ agent: reported, ...(JSON.parse(text) as object) });
          response.writeHead(this.status, { 'content-type': 'application/json' }).end('{"changed":true}');
          return;
        }
        const polled = /^\/v1\/agents\/mars\/\w+\/turns\?/.test(request.url ?? '');
        if (polled) {
          this.poll(response);
          return;
        }
        const replied = /^\/v1\/agents\/mars\/\w+\/turns\/([^/]+)\/reply$/.exec(request.url ?? '')?.[1];
        if (replied !== undefined) {
          this.replied(decodeURIComponent(replied), text, response);
          return;
        }
        const turnId = /^\/v1\/agents\/mars\/\w+\/turns\/([^/]+)\/progress$/.exec(request.url ?? '')?.[1];
        if (turnId !== undefined) {
          this.progress.push({ turnId: decodeURIComponent(turnId), said: JSON.parse(text) });
          response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
          return;
        }
        const agent = /^\/v1\/agents\/mars\/(\w+)\/heartbeat$/.exec(request.url ?? '')?.[1];
        if (agent === undefined) {
          response.writeHead(404).end();
          return;
        }
        this.requests += 1;
        const { authorization } = request.headers;
        if (this.status === 200) this.beats.push({ ...(JSON.parse(text) as Heartbeat), agent, authorization });
        response.writeHead(this.status, { 'content-type': 'application/json' }).end(JSON.stringify(this.answer));
      });
    });
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${String(this.port)}`;
    return this;
  }

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  /** Hands a call of Drover to the agent that polls, and waits for its reply (docs/protocol.md, "Pull mode"). */
  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
    const withdrawn = method === 'DELETE' ? decodeURIComponent(path.slice('/turn/'.length)) : undefined;
    if (withdrawn !== undefined) {
      this.waiting.push({ id: withdrawn, kind: 'withdraw', body: null, answer: () => undefined });
      this.hand();
      return Promise.resolve({ status: 200, body: {} });
    }
    const id = path === '/turn' && isTurn(body) ? body.turnId : `call-${String((this.calls += 1))}`;
    return new Promise((answer) => {
      this.waiting.push({ id, kind: path.slice(1), body, answer });
      this.hand();
    });
  }

  private hand(): void {
    while (this.polls.length > 0 && this.waiting.length > 0) {
      const [call] = this.waiting.splice(0, 1);
      const [poll] = this.polls.splice(0, 1);
      if (call === undefined || poll === undefined) return;
      const { id, kind, body } = call;
      if (kind !== 'withdraw') this.handed.set(id, [...(this.handed.get(id) ?? []), call]);
      poll.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, kind, body }));
    }
  }

  private poll(response: ServerResponse): void {
    this.polls.push(response);
    response.once('close', () => (this.polls = this.polls.filter((one) => one !== response)));
    this.hand();
  }

  private replied(id: string, text: string, response: ServerResponse): void {
    const calls = this.handed.get(id);
    this.handed.delete(id);
    const { status = 200, reply } = JSON.parse(text) as { readonly status?: number; readonly reply: unknown };
    for (const { answer } of calls ?? []) answer({ status, body: reply });
    response.writeHead(calls === undefined ? 404 : 200, { 'content-type': 'application/json' }).end('{}');
  }

  /** Waits for a beat. */
  async beat(which: (beat: ReceivedBeat) => boolean): Promise<ReceivedBeat> {
    const beat = await until(async () => this.beats.find(which), PATIENCE_MS);
    if (!beat) throw new Error(`no such beat among ${JSON.stringify(this.beats.slice(-5))}`);
    return beat;
  }

  async close(): Promise<void> {
    if (!this.server?.listening) return;
    this.server.closeAllConnections();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

function isTurn(body: unknown): body is { readonly turnId: string } {
  return typeof body === 'object' && body !== null && 'turnId' in body && typeof body.turnId === 'string';
}
