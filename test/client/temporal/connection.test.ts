/** Calls over a connection that closes while they are in flight. */
import { untilClosed } from '../../../src/client/temporal/connection';

test('a retry over a closed connection does nothing; the first try, and any other error, throws', () => {
  const calls: string[] = [];
  let problem = '';
  const nextCall = (name: string) => {
    calls.push(name);
    if (problem !== '') throw new Error(problem);
    return { start: () => 'started' };
  };
  const next = untilClosed(nextCall);
  expect(next('first').start()).toBe('started');
  expect(next('retry').start()).toBe('started');
  problem = 'Channel has been shut down';
  expect(next('too late').start()).toBeUndefined();
  problem = 'anything else';
  expect(() => next('broken')).toThrow('anything else');
  problem = 'Channel has been shut down';
  expect(() => untilClosed(nextCall)('refused')).toThrow('Channel has been shut down');
  expect(calls).toEqual(['first', 'retry', 'too late', 'broken', 'refused']);
});
