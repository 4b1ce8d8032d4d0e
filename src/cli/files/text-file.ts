/** The texts that a command is given: files, and standard input. */
import { readFile } from 'node:fs/promises';
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import { utf8Text } from '../../lib/utf8';
import { YAML_BYTES } from './yaml-text';

/** The code of the error for a text that cannot be used. */
type Code = 'InvalidFleet' | 'InvalidRequest' | 'InvalidScenario';

/** The text of a file. Throws an error of this code if it cannot be read, is larger than 4 MiB or is not UTF-8. */
export async function readText(path: string, code: Code): Promise<string> {
  return textIn(path, code, () => readFile(path));
}

/** The whole of standard input as text. Throws an error of this code beyond 4 MiB, or if it cannot be read or is not UTF-8. */
export async function standardInput(code: Code): Promise<string> {
  return textIn('standard input', code, async () => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of process.stdin as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > YAML_BYTES) break;
    }
    return Buffer.concat(pieces);
  });
}

async function textIn(name: string, code: Code, read: () => Promise<Buffer>): Promise<string> {
  const refused = (why: string, cause?: unknown): DroverError =>
    new DroverError(code, `${name} ${why}`, code === 'InvalidFleet' ? { errors: [] } : undefined, { cause });
  const bytes = await read().catch((error: unknown) => {
    throw refused(`cannot be read: ${messageOf(error)}`, error);
  });
  if (bytes.length > YAML_BYTES) throw refused('is larger than 4 MiB');
  const text = utf8Text(bytes);
  if (text === undefined) throw refused('is not UTF-8 text: save it as UTF-8');
  return text;
}
