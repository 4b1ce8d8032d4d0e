/**
 * The texts with which model providers and their command line tools refuse a credential. A text
 * counts only as the whole message or at its beginning, after names of errors that programs
 * prepend. A task that merely mentions limits does not count.
 */

/**
 * Prefixes of programs: `Error: `, `openai.RateLimitError: `, `API Error: `, `Command failed with
 * exit code 1: …`.
 */
const PREFIX =
  /^(?:\s*(?:(?:[\w.]*(?:error|exception)|(?:api|http|llm|model|request) error|claude|codex|gemini|openai|anthropic|stderr|fatal|command failed(?: with exit code \d+)?(?::[^\n]{0,200}\n)?|(?:process |claude |codex )?exited with code \d+)\s*[:\n·(-]\s*))+/i;

/**
 * The text that may follow a short message: its end, punctuation, or more text of
 * the provider.
 */
const END = String.raw`(?=\s*(?:$|[.,:;({\[·∙|!\n-]))`;

const RATE_LIMIT: readonly RegExp[] = [
  /^you(?:'|’)?(?: ha)?ve (?:hit|reached|exceeded) your (?:[\w-]+ ){0,4}(?:limits?|quota)\b/i,
  /^you exceeded your current quota\b/i,
  /^(?:claude(?: ai| code)? )?(?:\d+-hour|weekly|daily|monthly|session|usage|opus|sonnet|request|token)(?: usage)? limit (?:reached|exceeded|hit)\b/i,
  /^usage limit\b.{0,40}\b(?:reached|exceeded)\b/i,
  /^rate[_ -]?limit(?:ed)? (?:reached|exceeded|hit)\b/i,
  new RegExp(
    `^(?:rate[_ -]?limit(?:ed|_error|_exceeded)?|too many requests|quota exceeded|resource_exhausted)${END}`,
    'i',
  ),
  /^(?:this request|your (?:account|organization)|the request)\b.{0,80}\brate limit\b/i,
  /^(?:(?:error )?(?:code|status)(?: code)?\W{0,3})?429(?=\s*$|\s*[:{([,.-]|\s+(?:too many|rate|\{|error|resource|quota))/i,
  /^request failed with status(?: code)? 429\b/i,
  /\bhttp\/[\d.]+ 429(?: too many requests)?\s*$/i,
  /^(?:\d{3}\s*)?[-\s]*\{.{0,80}["'](?:type|code|status)["']\s*:\s*["'](?:rate_limit_error|rate_limit_exceeded|RESOURCE_EXHAUSTED)["']/is,
];

const AUTH: readonly RegExp[] = [
  /^(?:your )?credit balance\b/i,
  /^(?:your )?(?:oauth |access |api |refresh )?token (?:(?:has |was )?(?:been )?(?:expired|revoked)|is (?:expired|invalid)|could not be refreshed)\b/i,
  /^not (?:authenticated|logged in)\b/i,
  /^invalid (?:x-)?api[_ -]?key\b|^incorrect api key\b|^invalid bearer token\b/i,
  /^[^\n]{0,120}[·.:∙-]\s*please run \/login\b/i,
  new RegExp(
    `^(?:authentication[_ ]error|invalid[_ ]api[_ ]key|insufficient[_ ]quota|unauthorized|payment required)${END}`,
    'i',
  ),
  /^(?:(?:error )?(?:code|status)(?: code)?\W{0,3})?40[123](?=\s*$|\s*[:{([-]|\s+(?:unauthorized|forbidden|payment required|bad|invalid|incorrect|authentication|\{))/i,
  /^request failed with status(?: code)? 40[123]\b/i,
  /^(?:\d{3}\s*)?[-\s]*\{.{0,80}["'](?:type|code)["']\s*:\s*["'](?:authentication_error|invalid_api_key|insufficient_quota|permission_error)["']/is,
];

/** The kind of failure that a text reports; null: none. */
export function kindOfText(message: string): 'rate_limit' | 'auth' | null {
  const said = message.trim();
  const own = said.replace(PREFIX, '');
  const matches = (pattern: RegExp): boolean => pattern.test(said) || pattern.test(own);
  if (AUTH.some(matches)) return 'auth';
  return RATE_LIMIT.some(matches) ? 'rate_limit' : null;
}
