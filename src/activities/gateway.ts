/** Checks whether the gateway that receives the agents' beats is listening. */
import type { GatewayActivities } from '../contract/activities';
import { readJson } from '../contract/values/json';
import { isSuccess, httpCall } from '../providers/http-call';
import { isRecord } from '../rules/lib/parse';

/** The gateway's URL. */
export interface GatewayAddress {
  readonly gatewayUrl: string;
}

/** Limit of the call. The gateway answers from memory, without Temporal. */
const ASK_MS = 2_000;
/** Limit of the answer, which is one line. */
const ANSWER_BYTES = 16 * 1024;

/** The gateway activity of a worker. */
export function createGatewayActivities({ gatewayUrl }: GatewayAddress): GatewayActivities {
  return {
    async askGateway() {
      try {
        const answer = await httpCall({
          url: `${gatewayUrl}/healthz`,
          method: 'GET',
          signal: AbortSignal.timeout(ASK_MS),
          limitBytes: ANSWER_BYTES,
        });
        return { listeningMs: isSuccess(answer) ? listeningOf(answer.text ?? '') : null };
      } catch {
        // The agents cannot reach a gateway that does not answer, for any reason.
        return { listeningMs: null };
      }
    },
  };
}

function listeningOf(text: string): number | null {
  const read = readJson(text);
  if (!('value' in read) || !isRecord(read.value)) return null;
  const { listeningMs } = read.value;
  return typeof listeningMs === 'number' && listeningMs >= 0 ? listeningMs : null;
}
