/** The usage of model calls, as agents report it in their replies. */

/** The usage of one turn; every field is optional. */
export interface TurnUsage {
  /** In US dollars. */
  readonly costUsd?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** The name of the model. */
  readonly model?: string;
}

/** The sum over turns. Each turn counts once, however often it was asked. */
export interface Usage {
  /** The turns that reported usage. */
  readonly turns: number;
  /** In US dollars, to nine decimals. */
  readonly costUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The memo of the workflows of agents and runs: their sum, for lists. */
export const USAGE_MEMO = 'usage';

/** The most bytes of JSON in the `metadata` of a reply. */
export const METADATA_BYTES = 4 * 1024;
