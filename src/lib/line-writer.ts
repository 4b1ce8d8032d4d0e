/**
 * Lines to a file or to stderr, written beside the process's work: a disk that is full, or a pipe that nobody reads, costs lines and
 * nothing else. What could not be written is counted, and said in the log itself once there is room.
 */
import { openSync, write, writeSync } from 'node:fs';
import { problem } from './kept-file';
import { errorCode } from './error-code';

/** Where lines go: an open descriptor, or a file that is opened, and made, when there is something to write. */
export type LineTarget = { readonly fd: number } | { readonly path: string };

/** What a writer tells of itself. */
export interface LineWriterOptions {
  /** The line that says how many were lost before it. */
  readonly lossLine: (lines: number, why: string) => string;
  /** Called at the first loss, and at the first one after a line could be written again, with the reason. */
  readonly onLoss?: (why: string) => void;
}

/** What may wait: a disk that hangs must not fill the memory. */
const WAITING_BYTES = 1024 * 1024;
/** As much as one write takes, so that a loss is a loss of few lines. */
const CHUNK_BYTES = 64 * 1024;
/** A pipe that is full is looked at again after this. */
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
  /** Whether a loss has been told since a line was last written. */
  #isLosing = false;
  /** Whether the file ends within a line, as after a write that the disk had room for in part only. */
  #isTorn = false;

  constructor(target: LineTarget, options: LineWriterOptions) {
    this.#target = target;
    this.#options = options;
    process.once('exit', () => this.#writeRest());
  }

  /** Takes a line, with its end. Never throws and never waits. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > WAITING_BYTES) {
      this.#lose(1, 'it is not written as fast as it grows');
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
      // Those that a line in the chunk tells of are lost again with it.
      const atStake = lines.length + this.#lost;
      this.#send(fd, this.#chunkOf(lines), atStake);
    } catch (error) {
      this.#lose(lines.length, this.#reason(error));
      // Not at once: a file that cannot be opened must not become a loop that holds the process.
      setImmediate(() => this.#next());
    }
  }

  #send(fd: number, chunk: Buffer, lines: number): void {
    write(fd, chunk, (error, written) => {
      if (errorCode(error) === 'EAGAIN') {
        // It keeps no process from ending.
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

  /** The next lines that fit into one write. */
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

  /** The lines as they are written: after a torn one on a new line, and with what was lost before them. */
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

  /** At the very end there is no time to wait: what cannot be written at once is lost. */
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
