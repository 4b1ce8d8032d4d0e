/** The setting `DROVER_SPEC_SECRET`: the secrets that specifications are signed with, as one text. */

/** One secret: as many bytes as the HMAC-SHA256 that is made with it, or more. */
export const SPEC_SECRET_PATTERN = /^[!-+\--~]{32,}$/;

/** What is said of another one. */
export const SPEC_SECRET_EXPECTED =
  'expected 32 bytes or more of printable ASCII without spaces, several of them separated by commas; openssl rand -hex 32 makes one';

/** The secrets in the text, separated by commas: the first one signs, each one checks. */
export function specSecretsIn(text: string): string[] {
  return text.split(',').map((secret) => secret.trim());
}
