/** A thousand resumes of one agent at once: one is accepted, within 20 s, and no caller sees Temporal's own limits. */
import { devServer } from '../support/env';
import { BETWEEN, race } from '../workflows/agent/resume-race';

const env = devServer();

it.each(['one process', 'four processes'] as const)(
  'from %s',
  async (from) => {
    const { outcomes, tookMs, seen, providerCalls } = await race(env, 1_000, from);
    console.log({ from, outcomes, seconds: tookMs / 1_000, seen });
    expect({ outcomes, providerCalls }).toEqual({ outcomes: { accepted: 1, ResumeStateError: 999 }, providerCalls: 1 });
    expect(seen.filter((state) => !BETWEEN.includes(state))).toEqual([]);
    expect(tookMs).toBeLessThan(20_000);
  },
  90_000,
);
