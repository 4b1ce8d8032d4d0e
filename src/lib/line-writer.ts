/**
 * Writes lines to a file or to stderr in the background. A full disk, or a pipe without a reader,
 * costs only lines. Lost lines are counted, and the log says so once there is room.
 */
import { openSync, write, writeSync } from 'node:fs';
import { problem } from './kept-file';
import { errorCode } from './error-code';

/** The target: an open descriptor, or a file that is created and opened at the first write. */
export type LineTarget = { readonly fd: number } | { readonly path: string };

/** Reports of a writer. */
export interface LineWriterOptions {
  /** Builds the line that says how many lines were lost before it. */
  readonly lossLine: (lines: number, why: string) => string;
  /** Called with the reason at the first loss, and at the first loss after a successful write. */
  readonly onLoss?: (why: string) => void;
}

/** The most bytes that wait: a hanging disk must not fill the memory. */
const WAITING_BYTES = 1024 * 1024;
/** The most bytes of one write, so that a failure loses few lines. */
const CHUNK_BYTES = 64 * 1024;
/** The pause before a full pipe is tried again. */
const AGAIN_MS = 100;
const PRIVATE = 0o600;

/** Writes lines in order. */
export class LineWriter {
  readonly #target: LineTarget;
  readonly #options: LineWriterOptions;
  #fd: number | undefined;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #lost = 0;
  #why = '';
  /** Whether a loss was reported since the last successful write. */
  #isLosing = false;
  /**
   * Whether the file ends within a line, as after a write for which the disk had too little room.
   */
  #isTorn = false;

  constructor(target: LineTarget, options: LineWriterOptions) {
    this.#target = target;
    this.#options = options;
    process.once('exit', () => this.#writeRest());
  }

  /** Takes a line with its line break. Never throws and never waits. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > WAITING_BYTES) {
      this.#lose(1, 'it grows faster than it can be written');
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    if (!this.#isWriting) this.#next();
  }

  #next(): void {
    this.#isWriting = this.#waiting.length > 0;
    if (!this.#isWriting) return;
    const lines = this.#take();
    try {
      const fd = this.#open();
      // The lost lines that the chunk reports are lost again with it.
      const atStake = lines.length + this.#lost;
      this.#send(fd, this.#chunkOf(lines), atStake);
    } catch (error) {
      this.#lose(lines.length, this.#reason(error));
      // Not at once: a file that cannot be opened must not block the process in a loop.
      setImmediate(() => this.#next());
    }
  }

  #send(fd: number, chunk: Buffer, lines: number): void {
    write(fd, chunk, (error, written) => {
      if (errorCode(error) === 'EAGAIN') {
        // The timer must not keep the process alive.
        setTimeout(() => this.#send(fd, chunk, lines), AGAIN_MS).unref();
        return;
      }
      if (error === null && written < chunk.length) {
        this.#isTorn = true;
        this.#send(fd, chunk.subarray(written), lines);
        return;
      }
      if (error === null) this.#isTorn = this.#isLosing = false;
      else this.#lose(lines, this.#reason(error));
      this.#next();
    });
  }

  /** Takes the next lines that fit into one write. */
  #take(): string[] {
    let bytes = 0;
    let count = 0;
    for (const line of this.#waiting) {
      bytes += Buffer.byteLength(line);
      if (count > 0 && bytes > CHUNK_BYTES) break;
      count += 1;
    }
    const lines = this.#waiting.splice(0, count);
    this.#waitingBytes -= lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
    return lines;
  }

  /**
   * The bytes to write: on a new line after a torn one, with a report of lost lines before them.
   */
  #chunkOf(lines: readonly string[]): Buffer {
    const loss = this.#lost === 0 ? [] : [this.#options.lossLine(this.#lost, this.#why)];
    this.#lost = 0;
    return Buffer.from([...(this.#isTorn ? ['\n'] : []), ...loss, ...lines].join(''));
  }

  #open(): number {
    this.#fd ??= 'path' in this.#target ? openSync(this.#target.path, 'a', PRIVATE) : this.#target.fd;
    return this.#fd;
  }

  #lose(lines: number, why: string): void {
    this.#lost += lines;
    this.#why = why;
    if (!this.#isLosing) this.#options.onLoss?.(why);
    this.#isLosing = true;
  }

  #reason(error: unknown): string {
    return problem('path' in this.#target ? this.#target.path : 'the log', 'written', error).message;
  }

  /** The exit does not wait: lines that cannot be written at once are lost. */
  #writeRest(): void {
    const lines = this.#waiting.splice(0);
    if (lines.length === 0) return;
    try {
      writeSync(this.#open(), this.#chunkOf(lines));
    } catch (error) {
      this.#lose(lines.length, this.#reason(error));
    }
  }
}
