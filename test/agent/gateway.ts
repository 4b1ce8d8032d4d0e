/** A gateway of tests: takes beats over a real socket, keeps them, and answers as the test says. */
import { PATIENCE_MS } from '../support/patience';
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Heartbeat } from '../../src/contract/agent';
import type { BeatAnswer } from '../../src/contract/protocol';
import { until } from '../../src/lib/until';

/** One beat that arrived. */
export interface ReceivedBeat extends Heartbeat {
  readonly agent: string;
  readonly authorization: string | undefined;
}

export class FakeGateway {
  readonly beats: ReceivedBeat[] = [];
  /** Reports of failures, with the agent that they are about. */
  readonly reports: unknown[] = [];
  /** What turns reported as their progress, by turn. */
  readonly progress: { readonly turnId: string; readonly said: unknown }[] = [];
  answer: BeatAnswer = { desired: 'run', nextBeatMs: 100 };
  /** A status other than 200 refuses beats. */
  status = 200;
  requests = 0;
  url = '';
  private server: Server | undefined;

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
