/** The routes of an agent's endpoint (docs/agents.md). */
import type { Heartbeat } from '../contract/agent';
import { AGENT_PATHS } from '../contract/protocol';
import type { TurnRequest } from '../contract/agent/turns';
import { type Route, answer } from './server';
import type { TurnMemory } from './turn-memory';

/** An undo, as the agent's earlier reply requested it. */
export interface UndoRequest {
  readonly turnId: string;
  readonly undo: unknown;
}

/** New credentials, to be used from now on. */
export interface Credentials {
  readonly pool: string;
  readonly subscription: string;
  readonly assignment: number;
  readonly secret: string;
}

/**
 * Handlers of the routes. An optional route without a handler answers 404, and Drover does not need
 * it.
 */
export interface RouteHandlers {
  readonly turns: TurnMemory;
  readonly status: () => Heartbeat['status'];
  readonly onUndo?: ((request: UndoRequest) => void | Promise<void>) | undefined;
  readonly onCredentials?: ((credentials: Credentials) => void | Promise<void>) | undefined;
  readonly onDrain?: (() => void | Promise<void>) | undefined;
}

/** The routes of one agent. */
export function routesOf({ turns, status, onUndo, onCredentials, onDrain }: RouteHandlers): Route[] {
  return [
    {
      method: 'POST',
      path: AGENT_PATHS.turn,
      handle: async (body) => {
        if (!isTurn(body)) return answer(400, { error: 'not a turn request' });
        if (status() === 'stopping') return answer(503, { error: 'this agent is stopping' });
        return { status: 200, json: await turns.answer(body) };
      },
    },
    {
      method: 'DELETE',
      path: AGENT_PATHS.turn,
      handle: async (_, turnId) => {
        turns.withdraw(turnId);
        return answer(200, {});
      },
    },
    {
      method: 'GET',
      path: AGENT_PATHS.health,
      open: true,
      handle: async () =>
        answer(['ready', 'degraded'].includes(status()) ? 200 : 503, { status: status(), inFlight: turns.inFlight }),
    },
    {
      method: 'POST',
      path: AGENT_PATHS.drain,
      handle: async () => {
        await onDrain?.();
        await turns.idle();
        return answer(200, {});
      },
    },
    ...optional(AGENT_PATHS.undo, isUndo, onUndo),
    ...optional(AGENT_PATHS.credentials, isCredentials, onCredentials),
  ];
}

function optional<T>(
  path: string,
  isRequest: (body: unknown) => body is T,
  handler: ((request: T) => void | Promise<void>) | undefined,
): Route[] {
  if (!handler) return [];
  const handle: Route['handle'] = async (body) => {
    if (!isRequest(body)) return answer(400, { error: `not what ${path} takes` });
    await handler(body);
    return answer(200, {});
  };
  return [{ method: 'POST', path, handle }];
}

function has(body: unknown, fields: Readonly<Record<string, 'string' | 'number'>>): body is Record<string, unknown> {
  if (typeof body !== 'object' || body === null) return false;
  const values = body as Readonly<Record<string, unknown>>;
  return Object.entries(fields).every(([name, type]) => typeof values[name] === type);
}

function isTurn(body: unknown): body is TurnRequest {
  return has(body, { turnId: 'string', run: 'string', attempt: 'number' });
}

function isUndo(body: unknown): body is UndoRequest {
  return has(body, { turnId: 'string' });
}

function isCredentials(body: unknown): body is Credentials {
  return has(body, { pool: 'string', subscription: 'string', assignment: 'number', secret: 'string' });
}
