/** Who gives a command, and from where: for audits, never for a decision. */

/** Part of the argument of every command; a repeat of a request may differ in it. */
export interface Origin {
  /** The name of the token, or of the user at a command line. */
  readonly by?: string;
  /** The address of the caller. */
  readonly from?: string;
}

/** Who gave a command, as events and the audit name it. */
export interface NamedOrigin extends Origin {
  readonly by: string;
  readonly requestId?: string;
}

/** The most characters of each. */
export const ORIGIN_LENGTH = 200;
