/** Asks the gateway that agents are told to beat to, whether it listens. */
import type { GatewayActivities } from '../contract/activities';
import { readJson } from '../contract/json';
import { isSuccess, httpCall } from '../providers/http-call';
import { isRecord } from '../rules/lib/parse';

/** Where the gateway is. */
export interface GatewayAddress {
  readonly gatewayUrl: string;
}

/** It answers from memory, without Temporal. */
const ASK_MS = 2_000;
/** Its answer is a line. */
const ANSWER_BYTES = 16 * 1024;

/** These activities of a worker. */
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
        // Whatever keeps it from answering: it is not there for this agent either.
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
