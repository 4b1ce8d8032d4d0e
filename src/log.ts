/** The log of worker and gateway: JSON lines. */
import pino, { type Logger } from 'pino';
import { isoNow } from './lib/clock';
import { LineWriter } from './lib/line-writer';
import { withoutSecretsInUse } from './providers/secrets-in-use';

export type { Logger } from 'pino';

/** pino's number for a warning. */
const WARN = 40;

/**
 * A logger that writes to a file (0600), or to stderr without one. A log that cannot be written
 * costs only its lines; `onLoss` is called once with the reason.
 */
export function openLog(level: string, file?: string, onLoss?: (why: string) => void): Logger {
  const destination = new LineWriter(file === undefined ? { fd: 2 } : { path: file }, {
    lossLine: (lines, why) =>
      `${JSON.stringify({ level: WARN, time: isoNow(), lines, why, msg: 'lines of this log were lost' })}\n`,
    ...(onLoss === undefined ? {} : { onLoss }),
  });
  // Without this, an error under `error`, as Temporal's SDK logs it, loses its message.
  const serializers = { error: pino.stdSerializers.err };
  // The last redaction: no log line contains a secret, even if another place has missed it.
  const hooks = { streamWrite: withoutSecretsInUse };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers, hooks }, destination);
}
