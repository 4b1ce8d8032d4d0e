/** A lock between test files: the time-skipping server has one clock for everybody. */
import { rmSync } from 'node:fs';
import { identify } from '../../src/dev/process-identity';
import { claim } from '../../src/dev/state-dir';
import { until } from '../../src/dev/until';

/** Waits until no other process holds the file, then holds it until the returned function is called. */
export async function holdExclusively(file: string, limitMs: number): Promise<() => void> {
  const me = identify(process.pid);
  if (!me) throw new Error('this process has no start time');
  const held = await until(() => claim(file, me) || undefined, limitMs);
  if (!held) throw new Error(`${file} was held by another test file for ${limitMs / 1000} s`);
  return () => rmSync(file, { force: true });
}
