/** Asks a gateway, for what only it can answer if this command has nothing of the installation. */
import { z } from 'zod';
import { environment } from '../../config';
import { DroverError, type ErrorCode, ERRORS } from '../../contract/errors';
import { problemSchema } from '../../contract/schemas/views';
import { messageOf } from '../../contract/text';
import { readUpState } from '../../dev/up-state';
import { readKept } from '../../lib/kept-file';
import { stateFolder } from './state-folder';

const codeSchema = z.object({ code: z.string(), expiresAt: z.string() });

/** A person waits for the answer. */
const PATIENCE_MS = 30_000;

/** A gateway, and a token for it. */
export interface GatewayAccess {
  readonly url: string;
  readonly token: string;
}

/**
 * The gateway of `DROVER_GATEWAY_URL` with the first of `DROVER_OPERATOR_TOKENS`, else that of the
 * `drover up` of this directory; undefined without either.
 */
export function gatewayAccess(): GatewayAccess | undefined {
  const { DROVER_GATEWAY_URL: url, DROVER_OPERATOR_TOKENS: tokens } = environment();
  if (url !== undefined && tokens !== undefined) return { url, token: (tokens.split(',')[0] ?? '').trim() };
  const up = readUpState(stateFolder());
  const kept = up && readKept(up.tokenFile);
  return up && kept !== undefined ? { url: up.gateway, token: kept.trim() } : undefined;
}

/**
 * The JSON of a GET as an operator. `InvalidRequest` without a gateway to ask, the gateway's own code
 * for its refusals, `Unavailable` if it does not answer.
 */
export async function askGateway(path: string): Promise<unknown> {
  const answer = await getFrom(knownGateway(), path, AbortSignal.timeout(PATIENCE_MS));
  return answer.json().catch(() => null);
}

/** The gateway to ask. `InvalidRequest` without one. */
export function knownGateway(): GatewayAccess {
  const access = gatewayAccess();
  if (access === undefined) {
    throw new DroverError(
      'InvalidRequest',
      'no secret of the installation: run this in the directory of its drover up, or set DROVER_AGENT_SECRET, ' +
        'or DROVER_GATEWAY_URL and DROVER_OPERATOR_TOKENS to ask its gateway',
    );
  }
  return access;
}

/** The link that logs a browser in at the dashboard of a gateway, once. Rejects as `askGateway` does. */
export async function dashboardLink(
  access: GatewayAccess,
): Promise<{ readonly link: string; readonly expiresAt: string }> {
  const answer = await call(access, 'POST', '/v1/login-codes', AbortSignal.timeout(PATIENCE_MS));
  const { code, expiresAt } = codeSchema.parse(await answer.json());
  // Browsers do not send what follows the `#`, so the code is in no log.
  return { link: new URL(`/#/login/${code}`, access.url).href, expiresAt };
}

/** A successful answer of a gateway to a GET. Rejects as `askGateway` does. */
export function getFrom(access: GatewayAccess, path: string, signal: AbortSignal): Promise<Response> {
  return call(access, 'GET', path, signal);
}

async function call(
  { url, token }: GatewayAccess,
  method: 'GET' | 'POST',
  path: string,
  signal: AbortSignal,
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(new URL(path, url), { method, headers: { authorization: `Bearer ${token}` }, signal });
  } catch (error) {
    throw new DroverError('Unavailable', `the gateway ${url} does not answer: ${messageOf(error)}`, undefined, {
      cause: error,
    });
  }
  if (answer.ok) return answer;
  const body: unknown = await answer.json().catch(() => null);
  const { code, detail } = problemSchema.partial().catch({}).parse(body);
  const known: ErrorCode = code !== undefined && code in ERRORS ? code : 'Unavailable';
  throw new DroverError(known, `the gateway ${url} answers ${String(answer.status)}: ${detail ?? 'no reason'}`);
}
