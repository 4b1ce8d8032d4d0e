/**
 * Patches: changes of workflow code that the histories of an earlier release do not have. One constant each, in order of their versions; the
 * life of a patch is in docs/upgrading.md. There are none as long as nothing has been released.
 */
import { deprecatePatch, patched } from '@temporalio/workflow';

/** One change, and how long running workflows need it. */
export interface Patch {
  /** Stays in histories, so it never changes and is never used again: `<version>-<what>`. */
  readonly id: string;
  /** What the code does with it, and did without it. */
  readonly changes: string;
  /** The release that brings it. */
  readonly since: string;
  /** The first release that only calls `deprecate` for it: no history without it is left by then. */
  readonly deprecatedIn: string;
  /** The first release that has no trace of it: no history that needs it is left by then. */
  readonly removedIn: string;
}

/** Every patch of this version. */
export const PATCHES: readonly Patch[] = [];

/** True: do as changed. False while a history repeats what an earlier release did: do as before. */
export function isPatched({ id }: Patch): boolean {
  return patched(id);
}

/** Stands where `isPatched` did, once the code of before is gone: histories with the patch still replay. */
export function deprecate({ id }: Patch): void {
  deprecatePatch(id);
}
