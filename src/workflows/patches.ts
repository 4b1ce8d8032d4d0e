/**
 * Patches: changes of workflow code that histories of an earlier release do not have. One constant each, in the order of versions.
 * docs/upgrading.md describes the life of a patch. The list is empty until the first release.
 */
import { deprecatePatch, patched } from '@temporalio/workflow';

/** One change of workflow code, with the releases that need it. */
export interface Patch {
  /** `<version>-<what>`. Histories hold it, so never change or reuse it. */
  readonly id: string;
  /** The behaviour with the patch and without it. */
  readonly changes: string;
  /** The release that introduces it. */
  readonly since: string;
  /** The first release that only calls `deprecate` for it, because no history without it is open. */
  readonly deprecatedIn: string;
  /** The first release without it, because no history that needs it is open. */
  readonly removedIn: string;
}

/** Every patch of this version. */
export const PATCHES: readonly Patch[] = [];

/** Returns true for the changed behaviour, false in the replay of a history of an earlier release. */
export function isPatched({ id }: Patch): boolean {
  return patched(id);
}

/** Replaces `isPatched` after the old code is removed, so that histories with the patch still replay. */
export function deprecate({ id }: Patch): void {
  deprecatePatch(id);
}
