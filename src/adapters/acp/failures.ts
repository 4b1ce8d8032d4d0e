/** The meaning of an ACP agent's errors and stop reasons for a turn. */
import { kindOfText } from '../../contract/failure/text';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { AgentFailure } from '../failure';
import { isRecord } from '../records';

/** The protocol's error for an agent that is not logged in. */
const AUTH_REQUIRED = -32_000;
/** Levels of an error's data in which its cause is looked for. */
const LEVELS = 3;

/** The failure of a call to an agent. */
export function callFailure(error: unknown): AgentFailure {
  if (error instanceof AgentFailure) return error;
  if (!isRecord(error)) return new AgentFailure(String(error));
  const { code, message, data } = error;
  const texts = [...textsIn(data, LEVELS), ...textsIn(message, 1)];
  const said =
    texts.find((text) => kindOfText(text) !== null) ?? [...new Set([...textsIn(message, 1), ...texts])].join(': ');
  const shown = boundedText(said === '' ? 'it failed without a reason' : said, QUOTE_BYTES);
  if (code === AUTH_REQUIRED) return new AgentFailure(`not logged in: ${shown}`, { status: 401 });
  return new AgentFailure(shown, { status: statusIn(data, LEVELS) });
}

/** Why a prompt that stopped early fails its turn; null: it ended. */
export function stopFailure(reason: string): AgentFailure | null {
  const why = STOPS.get(reason);
  return why === undefined ? null : new AgentFailure(`${reason}: ${why}`);
}

const STOPS: ReadonlyMap<unknown, string> = new Map([
  ['refusal', 'the model refused to go on'],
  ['max_tokens', 'the model reached its limit of tokens'],
  ['max_turn_requests', 'the agent reached its limit of requests to the model'],
  ['cancelled', 'the agent cancelled the prompt by itself'],
]);

function textsIn(value: unknown, levels: number): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (levels === 0 || !isRecord(value)) return [];
  return Object.values(value).flatMap((inner) => textsIn(inner, levels - 1));
}

/** An HTTP status in the data of an error, however deep its library puts it. */
function statusIn(value: unknown, levels: number): number | undefined {
  if (levels === 0 || !isRecord(value)) return undefined;
  const own = ['status', 'statusCode', 'code'].map((name) => value[name]).find(isStatus);
  return (
    own ??
    Object.values(value)
      .map((inner) => statusIn(inner, levels - 1))
      .find(isStatus)
  );
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600;
}
