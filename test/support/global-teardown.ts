/** Ends what the global set-up started. */
import { rmSync } from 'node:fs';
import { running } from './global-setup';

/** Jest calls it once, after the last test file. */
export default async function tearDown(): Promise<void> {
  await Promise.all(running.stop.map((stop) => stop()));
  if (running.folder) rmSync(running.folder, { recursive: true, force: true });
}
