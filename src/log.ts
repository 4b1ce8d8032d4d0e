/** The log of worker and gateway: JSON lines. */
import pino, { type Logger } from 'pino';
import { isoNow } from './lib/clock';
import { LineWriter } from './lib/line-writer';
import { withoutSecretsInUse } from './providers/secrets-in-use';

export type { Logger } from 'pino';

/** pino's number for a warning. */
const WARN = 40;

/**
 * A logger that writes to a file (0600), or to stderr without one. A log that cannot be written costs its lines and nothing else;
 * `onLoss` hears of it once, with the reason.
 */
export function openLog(level: string, file?: string, onLoss?: (why: string) => void): Logger {
  const destination = new LineWriter(file === undefined ? { fd: 2 } : { path: file }, {
    lossLine: (lines, why) =>
      `${JSON.stringify({ level: WARN, time: isoNow(), lines, why, msg: 'lines of this log were lost' })}\n`,
    ...(onLoss === undefined ? {} : { onLoss }),
  });
  // Without it an error under `error`, as Temporal's SDK logs it, loses its message.
  const serializers = { error: pino.stdSerializers.err };
  // Whatever was forgotten elsewhere: no line of a log has a secret in it.
  const hooks = { streamWrite: withoutSecretsInUse };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers, hooks }, destination);
}
