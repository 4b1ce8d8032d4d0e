/** Reads standard input, for `-` in place of a file or a task. */
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';
import { YAML_BYTES } from './yaml-text';

/** The whole of it as text. `InvalidRequest` beyond 4 MiB, or where it cannot be read. */
export async function standardInput(): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of process.stdin as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > YAML_BYTES) break;
    }
  } catch (error) {
    throw new DroverError('InvalidRequest', `standard input cannot be read: ${messageOf(error)}`, undefined, {
      cause: error,
    });
  }
  if (bytes > YAML_BYTES) throw new DroverError('InvalidRequest', 'standard input is larger than 4 MiB');
  return Buffer.concat(pieces).toString('utf8');
}
