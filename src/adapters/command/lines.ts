/** Splits the output of a program into lines of JSON as it arrives. */
import { isRecord } from '../records';

/** A longer line is dropped: the answer in it would be cut to far less. */
const LINE_CHARACTERS = 16 * 1024 * 1024;

/** Calls `take` with each line that is a JSON object; other lines are notices of the program. */
export class JsonLines {
  private readonly take: (event: Readonly<Record<string, unknown>>) => void;
  private rest = '';
  private isTooLong = false;

  constructor(take: (event: Readonly<Record<string, unknown>>) => void) {
    this.take = take;
  }

  add(chunk: string): void {
    const lines = chunk.split('\n');
    for (const [index, piece] of lines.entries()) {
      if (index > 0) this.endLine();
      if (!this.isTooLong) this.rest += piece;
      if (this.rest.length > LINE_CHARACTERS) this.drop();
    }
  }

  /** The output has ended, perhaps without a line break. */
  end(): void {
    this.endLine();
  }

  private drop(): void {
    this.rest = '';
    this.isTooLong = true;
  }

  private endLine(): void {
    const line = this.rest;
    this.rest = '';
    this.isTooLong = false;
    const event = parsed(line);
    if (isRecord(event)) this.take(event);
  }
}

function parsed(line: string): unknown {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    // A notice that begins like JSON, or a line that was cut by the end of the program.
    return undefined;
  }
}
