/** One caller succeeds, and no caller sees Temporal's own limits. A thousand at once: `npm run soak`. */
import { devServer } from '../../support/env';
import { BETWEEN, race } from './resume-race';

const env = devServer();

it.each(['one process', 'four processes'] as const)(
  '200 resumes from %s: one is accepted, 199 are ResumeStateError, and one reaches the provider',
  async (from) => {
    const { outcomes, seen, providerCalls } = await race(env, 200, from);
    expect({ outcomes, providerCalls }).toEqual({ outcomes: { accepted: 1, ResumeStateError: 199 }, providerCalls: 1 });
    expect(seen.filter((state) => !BETWEEN.includes(state))).toEqual([]);
  },
);
