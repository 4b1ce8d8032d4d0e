/** Keeps a record of every turn that this worker takes, and reads them for clients elsewhere. */
import { Context } from '@temporalio/activity';
import type { TurnActivities, TurnCall, TurnResult } from '../../contract/activities';
import { DroverError } from '../../contract/errors';
import {
  type TurnRecord,
  type TurnRecordActivities,
  type TurnRecordPage,
  type TurnRecordsCall,
  turnsOf,
} from '../../contract/run/turn-record';
import { boundedText, ERROR_BYTES, messageOf } from '../../contract/text';
import { monotonicMs, wallClockMs } from '../../lib/clock';
import { seal } from '../../lib/sealed';
import { NOT_SHOWN, redactionFor, type SecretSettings } from '../../providers/redaction';
import type { Clean } from '../../providers/secrets-in-use';
import { replyParts } from '../../rules/lib/turn/reply-extras';
import { asActivityFailure } from '../failures';
import { mapped } from '../redacting';

/** Where records are kept (src/hosting/turn-records.ts). */
export interface TurnRecordStore {
  keep(record: Omit<TurnRecord, 'id'>): Promise<void>;
  page(call: TurnRecordsCall): Promise<TurnRecordPage>;
}

/** Dependencies of records: the folder, this host, and the secrets that no record may contain. */
export interface TurnRecordSettings {
  readonly store: TurnRecordStore;
  readonly host: string;
  readonly secrets: SecretSettings;
}

/** Bytes of JSON of an input or a reply in a record. */
const VALUE_BYTES = 64 * 1024;

/** A failure to record a turn does not affect the turn; the worker's log has the reason. */
export function recording(turns: TurnActivities, settings: TurnRecordSettings): TurnActivities {
  return {
    async takeTurn(call) {
      const startedAt = new Date(wallClockMs()).toISOString();
      const began = monotonicMs();
      const keep = (end: Ending) =>
        kept({ call, startedAt, durationMs: Math.round(monotonicMs() - began), end }, settings);
      try {
        const result = await turns.takeTurn(call);
        await keep(endingOf(result));
        return result;
      } catch (error) {
        await keep({ error: { code: codeOf(error), message: messageOf(error, ERROR_BYTES) } });
        throw error;
      }
    },
  };
}

/** The activity that reads records. */
export function createTurnRecordActivities({ store, secrets }: TurnRecordSettings): TurnRecordActivities {
  return {
    async readTurns(call) {
      try {
        return { sealed: seal(JSON.stringify(await store.page(call)), secrets.agentSecret, turnsOf(call)) };
      } catch (error) {
        throw asActivityFailure(new DroverError('Unavailable', messageOf(error)), { permanent: true });
      }
    },
  };
}

type Ending = Pick<TurnRecord, 'reply' | 'error' | 'usage'>;

function endingOf(result: TurnResult): Ending {
  if ('error' in result) return { error: { code: result.error.code, message: result.error.message } };
  const { usage } = replyParts(result.reply);
  return { reply: result.reply, ...(usage === null ? {} : { usage }) };
}

/** A failure of an activity has the code of Drover's error as its type. */
function codeOf(error: unknown): NonNullable<TurnRecord['error']>['code'] {
  return error instanceof DroverError ? error.code : 'AgentUnavailable';
}

interface Taken {
  readonly call: TurnCall;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly end: Ending;
}

async function kept({ call, startedAt, durationMs, end }: Taken, settings: TurnRecordSettings): Promise<void> {
  const { fleet, agent, request, secret, references = [] } = call;
  const { run, branch, turnId, attempt } = request;
  try {
    const concern = { fleet, agent, references: [secret, ...references] };
    const { clean, isSure } = await redactionFor(concern, settings.secrets);
    const shown = (value: unknown) => (isSure ? bounded(value, clean) : { value: NOT_SHOWN, cut: false });
    const input = shown(request.input);
    const reply = 'reply' in end ? shown(end.reply) : null;
    await settings.store.keep({
      ...{ fleet, run, branch, turnId, agent, attempt, host: settings.host, startedAt, durationMs },
      input: input.value,
      ...(reply === null ? {} : { reply: reply.value }),
      ...(end.error === undefined ? {} : { error: { ...end.error, message: clean(end.error.message) } }),
      ...(end.usage === undefined ? {} : { usage: end.usage }),
      ...(input.cut || reply?.cut === true ? { cut: true as const } : {}),
    });
  } catch (error) {
    Context.current().log.warn('a turn is not kept for later', { turnId, error: messageOf(error) });
  }
}

/** The value without secrets; a long one as a text without its middle, cut after its secrets were removed. */
function bounded(value: unknown, clean: Clean): { readonly value: unknown; readonly cut: boolean } {
  const cleaned = mapped(value, clean);
  const text = JSON.stringify(cleaned) ?? 'null';
  return Buffer.byteLength(text) <= VALUE_BYTES
    ? { value: cleaned, cut: false }
    : { value: boundedText(text, VALUE_BYTES), cut: true };
}
