/** Work for several agents, of which one must not keep the others from theirs. */
import { providerError } from '../provider';

/** Does all of it, also where a part fails; then throws what failed, as one error. */
export async function eachInTurn(works: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: string[] = [];
  for (const work of works) {
    await work().catch((error: unknown) => failures.push(error instanceof Error ? error.message : String(error)));
  }
  if (failures.length > 0) throw providerError(failures.join('; '));
}
