/** Asks a gateway, for what only it can answer where this command has no secret of the installation. */
import { environment } from '../../config';
import { DroverError, type ErrorCode, ERRORS } from '../../contract/errors';
import { problemSchema } from '../../contract/schemas/views';
import { messageOf } from '../../contract/text';
import { readUpState } from '../../dev/up-state';
import { readKept } from '../../lib/kept-file';
import { stateFolder } from './state-folder';

/** A person waits for the answer. */
const PATIENCE_MS = 10_000;

/**
 * The gateway and an operator's token: as set, else those of the `drover up` of this directory.
 * Undefined where neither is known.
 */
function access(): { readonly url: string; readonly token: string } | undefined {
  const { DROVER_GATEWAY_URL: url, DROVER_OPERATOR_TOKENS: tokens } = environment();
  if (url !== undefined && tokens !== undefined) return { url, token: (tokens.split(',')[0] ?? '').trim() };
  const up = readUpState(stateFolder());
  const kept = up && readKept(up.tokenFile);
  return up && kept !== undefined ? { url: up.gateway, token: kept.trim() } : undefined;
}

/**
 * The JSON of a GET with the first operator's token. `InvalidRequest` where no gateway is known, the
 * gateway's own code for its refusals, `Unavailable` where it does not answer.
 */
export async function askGateway(path: string): Promise<unknown> {
  const { url, token } = access() ?? {};
  if (url === undefined || token === undefined) {
    throw new DroverError(
      'InvalidRequest',
      'no secret of the installation: run this in the directory of its drover up, or set DROVER_AGENT_SECRET, ' +
        'or DROVER_GATEWAY_URL and DROVER_OPERATOR_TOKENS to ask its gateway',
    );
  }
  let answer: Response;
  try {
    answer = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new DroverError('Unavailable', `the gateway ${url} does not answer: ${messageOf(error)}`, undefined, {
      cause: error,
    });
  }
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok) return body;
  const { code, detail } = problemSchema.partial().catch({}).parse(body);
  const known: ErrorCode = code !== undefined && code in ERRORS ? code : 'Unavailable';
  throw new DroverError(known, `the gateway ${url} answers ${String(answer.status)}: ${detail ?? 'no reason'}`);
}
