import fc from 'fast-check';
import type { WatchedAgent } from '../../../../src/contract/activities';
import { type CheckMemory, afterCheck } from '../../../../src/rules/agent/liveness/health';

const SETTINGS: WatchedAgent = {
  agent: 'a',
  everyMs: 10_000,
  timeoutMs: 5_000,
  failures: 3,
  debounceMs: 5_000,
  renewMs: 20_000,
};

/** The reports to the agent: `+` a pass, `-` a failure, each with its second. */
function heard(checks: string, everyMs = 10_000, settings = SETTINGS): string[] {
  let memory: CheckMemory | null = null;
  return [...checks].flatMap((check, index) => {
    const now = index * everyMs;
    const next = afterCheck(memory, 'i', check === '+', settings, now);
    memory = next.memory;
    return next.report ? [`${check}${String(now / 1_000)}`] : [];
  });
}

it.each([
  ['the first pass at once, then a renewal every 20 s', '+++++', ['+0', '+20', '+40']],
  ['three failures in a row, not two', '--+---', ['+20', '-50']],
  ['a failure again every 20 s, as beats may be stale by then', '------', ['-20', '-40']],
  ['a single failure between passes not at all', '+-+-+', ['+0', '+20', '+40']],
  ['a pass after failures only once it has lasted for 5 s', '---+-++', ['-20', '+60']],
])('tells %s', (_what, checks, expected) => {
  expect(heard(checks)).toEqual(expected);
});

it('starts again with another instance', () => {
  const old: CheckMemory = { instanceId: 'i', failures: 2, passingSince: null, told: { passed: true, at: 0 } };
  expect(afterCheck(old, 'j', false, SETTINGS, 1_000)).toEqual({
    memory: { instanceId: 'j', failures: 1, passingSince: null, told: null },
    report: false,
  });
  expect(afterCheck(old, 'i', false, SETTINGS, 1_000).report).toBe(true);
});

it('never tells more than a change or one renewal, and never a failure that is not the third in a row', () => {
  const check = fc.constantFrom('+', '-');
  fc.assert(
    fc.property(fc.array(check, { maxLength: 200 }), fc.integer({ min: 100, max: 30_000 }), (checks, everyMs) => {
      const tellings: { passed: boolean; at: number }[] = [];
      let memory: CheckMemory | null = null;
      let failures = 0;
      for (const [index, sign] of checks.entries()) {
        const now = index * everyMs;
        const passed = sign === '+';
        failures = passed ? 0 : failures + 1;
        const next = afterCheck(memory, 'i', passed, SETTINGS, now);
        memory = next.memory;
        if (!next.report) continue;
        const told = tellings.at(-1);
        if (told?.passed === passed) expect(now - told.at).toBeGreaterThanOrEqual(SETTINGS.renewMs);
        if (!passed) expect(failures).toBeGreaterThanOrEqual(SETTINGS.failures);
        tellings.push({ passed, at: now });
      }
      // A pass that lasts is always reported.
      const since = checks.lastIndexOf('-') + 1;
      if ((checks.length - 1 - since) * everyMs >= SETTINGS.debounceMs && since < checks.length)
        expect(tellings.at(-1)?.passed).toBe(true);
    }),
  );
});
