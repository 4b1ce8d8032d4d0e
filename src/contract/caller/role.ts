/** The roles of tokens for the gateway (docs/security.md, "Roles"). */

/** From the least to the most: a role may do everything that the roles before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

/** `viewer` reads, `operator` commands, `admin` applies, destroys and compensates. */
export type Role = (typeof ROLES)[number];

/** Whether a token of the role `given` may make a call that needs `needed`. */
export function mayAs(given: Role, needed: Role): boolean {
  return ROLES.indexOf(given) >= ROLES.indexOf(needed);
}

/** A token of the tokens file. The token itself is never stored. */
export interface NamedToken {
  readonly name: string;
  readonly role: Role;
  /** The only fleets that it may see and command; null: all of them. */
  readonly fleets: readonly string[] | null;
  /** The SHA-256 of the token, as 64 hexadecimal digits. */
  readonly sha256: string;
}
