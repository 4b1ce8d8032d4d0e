/** An agent service for tests: keeps requests by key, honours `Idempotency-Key`, and fails as the test says. */
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that arrived. */
export interface ServiceRequest {
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A fault of the service in place of its work. */
export type Disturbance = { status: number; headers?: Record<string, string>; text?: string } | 'hang' | 'hang up';

export class ExternalService {
  readonly requests: ServiceRequest[] = [];
  /** Ids by key. */
  readonly agents = new Map<string, string>();
  /** Instances by key. */
  readonly running = new Map<string, Set<string>>();
  disturb: (request: ServiceRequest) => Disturbance | undefined = () => undefined;
  url = '';
  private readonly answers = new Map<string, { status: number; text?: string }>();
  private server: Server | undefined;

  async listen(): Promise<this> {
    this.server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        const { authorization, 'idempotency-key': idempotencyKey } = request.headers;
        const arrived: ServiceRequest = {
          path: request.url ?? '',
          authorization,
          idempotencyKey: idempotencyKey?.toString(),
          body: JSON.parse(text) as Record<string, unknown>,
        };
        this.requests.push(arrived);
        const disturbance = this.disturb(arrived);
        if (disturbance === 'hang') return;
        if (disturbance === 'hang up') {
          request.socket.destroy();
          return;
        }
        const { status, headers, text: answer } = { headers: {}, text: '', ...(disturbance ?? this.once(arrived)) };
        response.writeHead(status, headers).end(answer);
      });
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
    return this;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    this.server?.close();
    if (this.server) await once(this.server, 'close');
  }

  /** The same request with the same key has the same answer, and no second effect. */
  private once(request: ServiceRequest): { status: number; text?: string } {
    const key = `${request.path} ${String(request.idempotencyKey)}`;
    const answer = this.answers.get(key) ?? this.serve(request);
    this.answers.set(key, answer);
    return answer;
  }

  private serve({ path, body }: ServiceRequest): { status: number; text?: string } {
    const key = String(body['key']);
    switch (path) {
      case '/create': {
        const known = this.agents.get(key);
        const id = known ?? `agent-${String(this.agents.size + 1)}`;
        this.agents.set(key, id);
        return { status: known === undefined ? 201 : 409, text: JSON.stringify({ id }) };
      }
      case '/wake': {
        const instances = this.running.get(key) ?? new Set();
        if (instances.size > 0) return { status: 409 };
        this.running.set(key, instances.add(String(body['instanceId'])));
        return { status: 202 };
      }
      case '/destroy': {
        this.running.delete(key);
        return { status: this.agents.delete(key) ? 204 : 404 };
      }
      default:
        return { status: 404 };
    }
  }
}
