/** Parses the setting `DROVER_SPEC_SECRET`: the secrets that sign specifications (decision 27). */

/** One secret, with at least the 32 bytes of an HMAC-SHA256. */
export const SPEC_SECRET_PATTERN = /^[!-+\--~]{32,}$/;

/** The description of valid secrets, for errors. */
export const SPEC_SECRET_EXPECTED =
  'expected 32 bytes or more of printable ASCII without spaces, several of them separated by commas; openssl rand -hex 32 makes one';

/** The secrets of a text, separated by commas. The first one signs, any of them verifies. */
export function specSecretsIn(text: string): string[] {
  return text.split(',').map((secret) => secret.trim());
}
