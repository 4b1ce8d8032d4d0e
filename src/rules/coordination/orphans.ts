/** Branches whose results nobody waits for any more: a barrier fired without them. Their records still belong to the run. */
import type { BranchHandle } from './effects';
import type { BranchResult, Records } from './state';

export interface Orphans {
  add(handles: readonly BranchHandle[]): void;
  isEmpty(): boolean;
  /** Asks all of them to end. */
  cancel(reason: string): void;
  /** Waits for all of them; what they did, and how many turns it took. */
  settled(): Promise<Records & { readonly turnsUsed: number }>;
}

/** One per branch, and one for the run. */
export function createOrphans(): Orphans {
  const handles: BranchHandle[] = [];
  return {
    add: (more) => void handles.push(...more),
    isEmpty: () => handles.length === 0,
    cancel(reason) {
      for (const handle of handles) handle.cancel(reason);
    },
    async settled() {
      const results: BranchResult[] = [];
      for (const { result } of handles) results.push(await result);
      return {
        turnsUsed: results.reduce((sum, { turnsUsed }) => sum + turnsUsed, 0),
        branches: results.flatMap(({ branches }) => branches),
        barriers: results.flatMap(({ barriers }) => barriers),
        undos: results.flatMap(({ undos }) => undos),
      };
    },
  };
}
