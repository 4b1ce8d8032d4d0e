/** Pulls an image. A pull may take long, as long as it makes progress. */
import type Docker from 'dockerode';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { type Preparing, providerError } from '../provider';
import { translated } from './engine';

/** Limits of a pull, in milliseconds: without a message of the engine, and in all. */
export interface PullLimits {
  readonly silentMs: number;
  readonly wholeMs: number;
}

/**
 * An engine reports several times a second while it fetches a layer. To start, or to unpack a large
 * layer, takes tens of seconds in silence. In 30 minutes 100 Mbit/s are 20 GB, the size of the
 * largest images for models.
 */
export const PULL_LIMITS: PullLimits = { silentMs: 2 * 60_000, wholeMs: 30 * 60_000 };
/** A line of progress has some hundred bytes. */
const LINE_MAX = 64 * 1024;

/**
 * Pulls an image. The engine answers 200 at once and reports success or failure in the stream.
 * `what` begins the messages.
 */
export async function pullImage(
  engine: Docker,
  image: string,
  what: string,
  { signal, progress }: Preparing,
  { silentMs, wholeMs }: PullLimits = PULL_LIMITS,
): Promise<void> {
  const ends = new AbortController();
  const endFor = (why: string) => () => ends.abort(new Error(why));
  const silence = setTimeout(endFor(`no progress within ${String(silentMs / 1_000)} s`), silentMs);
  const whole = setTimeout(endFor(`not done after ${String(wholeMs / 60_000)} min`), wholeMs);
  const withdrawn = endFor('it was cancelled');
  signal.addEventListener('abort', withdrawn);
  try {
    signal.throwIfAborted();
    const stream = await engine.pull(image, { abortSignal: ends.signal });
    for await (const line of linesOf(stream)) {
      silence.refresh();
      const { error, text } = parseProgress(line);
      if (error !== undefined) throw providerError(`${what}: ${boundedText(error, QUOTE_BYTES)}`);
      progress(`${image}: ${text}`);
    }
    ends.signal.throwIfAborted();
  } catch (error) {
    throw ends.signal.aborted
      ? providerError(`${what}: ${ends.signal.reason instanceof Error ? ends.signal.reason.message : 'ended'}`)
      : translated(what, error);
  } finally {
    clearTimeout(silence);
    clearTimeout(whole);
    signal.removeEventListener('abort', withdrawn);
  }
}

async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = (lines.pop() ?? '').slice(-LINE_MAX);
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}

/**
 * Reads `{"status", "id", "progress"}` or `{"error"}`. A line that is not JSON only shows that the
 * pull goes on.
 */
function parseProgress(line: string): { error: string | undefined; text: string } {
  let said: unknown;
  try {
    said = JSON.parse(line);
  } catch {
    return { error: undefined, text: 'goes on' };
  }
  const field = (name: string): string | undefined => {
    const value: unknown = typeof said === 'object' && said !== null ? Reflect.get(said, name) : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const words = [field('id'), field('status'), field('progress')].filter((word) => word !== undefined);
  return { error: field('error'), text: boundedText(words.join(' '), QUOTE_BYTES) };
}
