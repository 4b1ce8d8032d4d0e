/** The error of a run for people. */

/** The error of a run as people say it: of a single failed source only its own error. */
export function errorInWords(error: string | null): string {
  const text = (error ?? 'unknown').replace(/^ROOT failure: /, '');
  return /^insufficient arrivals: 0 of 1 \(([^]*)\)$/.exec(text)?.[1] ?? text;
}
