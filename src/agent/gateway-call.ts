/** The calls of an agent to its gateway. */
import { boundedText, messageOf, SHORT_BYTES } from '../contract/text';
import type { AgentIdentity } from './settings';

/** One call. `path` is below that of the agent; `json` is the body. */
export interface GatewayCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly json?: string;
  readonly signal: AbortSignal;
}

/** The answer of the gateway. */
export interface GatewayAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

/** Makes a call, and reads its answer. A redirect would receive the token, so it is an error. */
export async function callGateway(
  { gateway, fleet, agent, token }: AgentIdentity,
  { method, path, json, signal }: GatewayCall,
): Promise<GatewayAnswer> {
  const response = await fetch(`${gateway}/v1/agents/${fleet}/${agent}/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(json === undefined ? {} : { body: json }),
    redirect: 'error',
    signal,
  });
  const { ok, status } = response;
  return { ok, status, text: await response.text() };
}

/** The status of a refusal, with what the gateway says about it. */
export function refusalOf({ status, text }: GatewayAnswer): string {
  return `${String(status)} ${boundedText(text, SHORT_BYTES)}`;
}

/** The path of a call about one turn. */
export function turnPath(turnId: string, what: 'progress' | 'reply'): string {
  return `turns/${encodeURIComponent(turnId)}/${what}`;
}

/** The innermost message: `fetch failed` alone says nothing. */
export function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause) : messageOf(error);
}
