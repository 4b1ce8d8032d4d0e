/** The log of worker and gateway: JSON lines. */
import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/** A logger that writes to a file (0600), or to stderr without one. */
export function openLog(level: string, file?: string): Logger {
  const destination =
    file === undefined ? pino.destination(2) : pino.destination({ dest: file, mode: 0o600, mkdir: true });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}
