/** Work for several agents. A failure of one must not stop the others. */
import { providerError } from '../provider';

/** Does all of the work, even if a part fails; then throws all failures as one error. */
export async function eachInTurn(works: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: string[] = [];
  for (const work of works) {
    await work().catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
  }
  if (failures.length > 0) throw providerError(failures.join('; '));
}
