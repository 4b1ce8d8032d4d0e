/** Summaries of any length and origin are bounded. */
import { utf8Bytes } from '../../../../src/contract/text';
import { interceptors } from '../../../../src/workflows/sandbox/interceptors/bounded-summaries';

test('each is bounded, at whole characters', () => {
  const [outbound] = interceptors().outbound ?? [];
  const long = '😀'.repeat(3_000);
  const seen: unknown[] = [];
  const next = (input: { readonly options?: unknown }) => {
    seen.push(input.options);
    return Promise.resolve() as never;
  };
  const options = { summary: long, staticSummary: long, staticDetails: long, taskQueue: 'q' };
  void outbound?.startTimer?.({ durationMs: 1, seq: 1, options }, next);
  void outbound?.startTimer?.({ durationMs: 1, seq: 1 }, next);
  void outbound?.scheduleActivity?.({ options } as never, next);
  void outbound?.scheduleLocalActivity?.({ options } as never, next);
  void outbound?.startChildWorkflowExecution?.({ options } as never, next);
  expect(seen).toHaveLength(5);
  expect(seen[1]).toBeUndefined();
  for (const told of [seen[0], ...seen.slice(2)] as (typeof options)[]) {
    expect(told.taskQueue).toBe('q');
    expect(utf8Bytes(told.summary)).toBeLessThanOrEqual(200);
    expect(utf8Bytes(told.staticSummary)).toBeLessThanOrEqual(200);
    expect(utf8Bytes(told.staticDetails)).toBeLessThanOrEqual(4_096);
    expect(told.summary).toMatch(/^😀+ … \d+ bytes left out … 😀+$/u);
  }
});

test.each(['"', '\\', '\n', '\u0001', 'x'])(
  'a summary of %j is at most 400 bytes as JSON, and details 20,000',
  (unit) => {
    const [outbound] = interceptors().outbound ?? [];
    const long = unit.repeat(10_000);
    const seen: { readonly staticSummary: string; readonly staticDetails: string }[] = [];
    const next = (input: { readonly options?: unknown }) => {
      seen.push(input.options as (typeof seen)[0]);
      return Promise.resolve() as never;
    };
    void outbound?.startChildWorkflowExecution?.(
      { options: { staticSummary: long, staticDetails: long } } as never,
      next,
    );
    const [told] = seen;
    for (const [text, most] of [
      [told?.staticSummary, 400],
      [told?.staticDetails, 20_000],
    ] as const) {
      expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(most);
      expect(text?.length).toBeGreaterThan(20);
    }
  },
);
