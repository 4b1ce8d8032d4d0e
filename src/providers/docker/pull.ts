/** Pulling an image, which takes as long as it takes: what counts is that it goes on. */
import type Docker from 'dockerode';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { type Preparing, providerError } from '../provider';
import { translated } from './engine';

/** How long a pull may take, in milliseconds: without a word of the engine's, and as a whole. */
export interface PullLimits {
  readonly silentMs: number;
  readonly wholeMs: number;
}

/**
 * An engine tells of a layer several times a second; to unpack a large one, and to begin, takes it tens of seconds in silence. 30 minutes
 * are 20 GB at 100 Mbit/s, as the largest images for models have.
 */
export const PULL_LIMITS: PullLimits = { silentMs: 2 * 60_000, wholeMs: 30 * 60_000 };
/** A line of progress has some hundred bytes. */
const LINE_MAX = 64 * 1024;

/** Pulls an image. A pull answers 200 at once, and tells in its stream how it goes. `what` begins the messages. */
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
  const withdrawn = endFor('nobody waits for it any more');
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

/** `{"status", "id", "progress"}` or `{"error"}`; what is no JSON is a sign of life and no more. */
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
