/** How many cases a property test tries: all of them, or the share that `npm run test:rules` asks for. */

/** Below this a property test shows nothing. */
const LEAST = 10;

/** `cases` times DROVER_TEST_SHARE (1 unless set), and at least 10 or all of them. */
export function runs(cases: number): number {
  const share = Number(process.env['DROVER_TEST_SHARE'] ?? 1);
  if (!(share > 0 && share <= 1)) throw new Error('DROVER_TEST_SHARE must be a number above 0, at most 1');
  return Math.max(Math.min(cases, LEAST), Math.ceil(cases * share));
}
