/** Options of calls, and their answers. */
import type { WorkflowEnd } from '../../contract/ends';
import type { Origin } from '../../contract/caller/origin';
import type { KeywordPair } from '../../contract/search-attributes';

/** Options of one call. */
export interface CallOptions {
  /**
   * Milliseconds until the call gives up with `Timeout`; 10 s for reads and 60 s for commands
   * unless given.
   */
  readonly timeoutMs?: number;
}

/**
 * Options of a command. The same `requestId` is the same request; with another command or argument
 * it is refused.
 */
export interface RequestOptions extends CallOptions, Origin {
  readonly requestId?: string | undefined;
}

/**
 * Options of an update. The same `updateId` with the same update and argument is the same update;
 * random unless given.
 */
export interface UpdateOptions extends CallOptions {
  readonly updateId?: string | undefined;
}

/** A workflow's answer, and how it ended; null while it is open. */
export interface Answer<T> {
  readonly view: T;
  readonly end: WorkflowEnd | null;
}

/** The workflow that an update or a signal with start starts if none runs. */
export interface StartSpec {
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
  readonly memo?: Readonly<Record<string, unknown>>;
  /** One line for Temporal's Web UI, in at most 400 bytes. */
  readonly staticSummary?: string;
  readonly typedSearchAttributes: KeywordPair[];
}
