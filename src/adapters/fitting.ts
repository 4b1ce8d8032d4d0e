/** Cuts what a program wrote to what Drover carries. */
import { SIZE_LIMITS } from '../contract/agent/turns';

/** The most output of a program that is kept in memory; the rest is read and dropped. */
export const OUTPUT_BYTES = 1024 * 1024;

/** The largest value of Drover, without the note. */
const TEXT_BYTES = SIZE_LIMITS.value - 1_024;

/** The text, or its beginning with a note of how much was cut: as JSON it fits into one value. */
export function fitting(text: string, dropped = 0): string {
  const bytes = Buffer.byteLength(JSON.stringify(text));
  if (bytes <= TEXT_BYTES && dropped === 0) return text;
  let kept = text;
  // JSON may write six bytes for one, so the share that fits is found step by step.
  for (let size = bytes; size > TEXT_BYTES; size = Buffer.byteLength(JSON.stringify(kept)))
    kept = wholeCharacters(kept.slice(0, Math.floor((kept.length * TEXT_BYTES) / size)));
  const cut = Buffer.byteLength(text) - Buffer.byteLength(kept) + dropped;
  return cut === 0 ? text : `${kept}\n\n[cut by Drover: ${String(cut)} more bytes]`;
}

function wholeCharacters(text: string): string {
  return text.replace(/[\ud800-\udbff]$/, '');
}

/** Keeps the beginning of an output, up to a limit, and counts the rest. */
export class Kept {
  private readonly limit: number;
  private bytes = 0;
  text = '';
  dropped = 0;

  constructor(limit = OUTPUT_BYTES) {
    this.limit = limit;
  }

  add(chunk: string): void {
    const size = Buffer.byteLength(chunk);
    const room = this.limit - this.bytes;
    if (size <= room) this.text += chunk;
    else {
      const head = Buffer.from(chunk)
        .subarray(0, Math.max(0, room))
        .toString('utf8')
        .replace(/\ufffd$/, '');
      this.text += head;
      this.dropped += size - Buffer.byteLength(head);
    }
    this.bytes = Math.min(this.limit, this.bytes + size);
  }
}
