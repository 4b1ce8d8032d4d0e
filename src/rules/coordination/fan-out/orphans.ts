/** Branches whose results nobody waits for any more: a barrier fired without them. Their records still belong to the run. */
import type { BranchHandle } from '../effects';
import type { BranchResult, Records } from '../state';

const NOBODY: readonly BranchHandle[] = [];

/** One per branch, and one for the run. Most stay empty. */
export class Orphans {
  #handles: readonly BranchHandle[] = NOBODY;

  add(handles: readonly BranchHandle[]): void {
    this.#handles = [...this.#handles, ...handles];
  }

  isEmpty(): boolean {
    return this.#handles.length === 0;
  }

  /** Asks all of them to end. */
  cancel(reason: string): void {
    for (const handle of this.#handles) handle.cancel(reason);
  }

  /** Waits for all of them; what they did, and how many turns it took. */
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
