/**
 * Says of a server that cannot write that its disk is full, if its database is on this machine.
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
  return new DroverError(error.code, `${fullText(folder)} (${error.message})`, error.details, { cause: error });
}

/** Throws `Unavailable` if the disk of `folder` is full: the server reads, and writes nothing. */
export function checkDisk(folder: string): void {
  if (isDiskFull(folder)) throw new DroverError('Unavailable', fullText(folder));
}

function fullText(folder: string): string {
  return `the disk that holds ${folder} is full, so Temporal's database cannot be written: make room and try again`;
}
