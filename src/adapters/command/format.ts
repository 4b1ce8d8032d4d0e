/** Formats of a command's output. */
import type { TurnUsage } from '../../contract/usage';

/** The content of the output. An answer that is `whole` counts, however the program ends after it. */
export type CliOutcome =
  | { readonly kind: 'text'; readonly text: string; readonly dropped: number; readonly whole: boolean }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly message: string; readonly status?: number | undefined }
  /** The output is not in the format, or it ends too early. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads the output of one start. */
export interface OutputReader {
  take(chunk: string): void;
  /** After the end of the output. */
  outcome(): CliOutcome;
  /** The session that the program named last. */
  readonly session?: string | undefined;
  readonly usage?: TurnUsage | undefined;
}

/** One format. */
export interface Format {
  /** The command line; `session` is the one to continue. */
  command(run: readonly string[], session: string | undefined): string[];
  read(): OutputReader;
  /** Whether it can continue a session. */
  readonly hasSessions: boolean;
}
