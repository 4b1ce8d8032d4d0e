/**
 * Branches that no barrier waits for, because it decided without them. Their records still
 * belong to the run.
 */
import type { BranchHandle } from '../effects';
import type { BranchResult, Records } from '../state';

const NO_HANDLES: readonly BranchHandle[] = [];

/** The orphans of one branch, or of the run. Most have none. */
export class Orphans {
  #handles: readonly BranchHandle[] = NO_HANDLES;

  add(handles: readonly BranchHandle[]): void {
    this.#handles = [...this.#handles, ...handles];
  }

  isEmpty(): boolean {
    return this.#handles.length === 0;
  }

  /** Cancels all of them. */
  cancel(reason: string): void {
    for (const handle of this.#handles) handle.cancel(reason);
  }

  /** Waits for all of them. Returns their records and the number of their turns. */
  async settled(): Promise<Records & { readonly turnsUsed: number }> {
    const results: BranchResult[] = [];
    for (const { result } of this.#handles) results.push(await result);
    return {
      turnsUsed: results.reduce((sum, { turnsUsed }) => sum + turnsUsed, 0),
      branches: results.flatMap(({ branches }) => branches),
      barriers: results.flatMap(({ barriers }) => barriers),
      undos: results.flatMap(({ undos }) => undos),
    };
  }
}
