/**
 * Says of a server that cannot write that its disk is full, where its database is on this machine.
 */
import { DroverError } from '../../contract/errors';
import { isDiskFull } from '../../lib/disk';

/**
 * The error, or what is behind it: with a full disk under `folder`, the state directory, nothing
 * that Temporal says of itself helps.
 */
export function explainedByDisk(
  error: unknown,
  folder: string,
  isFull: (path: string) => boolean = isDiskFull,
): unknown {
  const isServer = error instanceof DroverError && (error.code === 'Unavailable' || error.code === 'Timeout');
  if (!isServer || !isFull(folder)) return error;
  const why = `the disk that holds ${folder} is full, so Temporal's database cannot be written: make room and try again`;
  return new DroverError(error.code, `${why} (${error.message})`, error.details, { cause: error });
}
