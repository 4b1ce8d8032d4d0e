/** Histories hold bounded failures for any thrown value; small failures stay unchanged. */
import {
  ApplicationFailure,
  DefaultFailureConverter,
  type ProtoFailure,
  defaultPayloadConverter,
} from '@temporalio/common';
import { DroverError } from '../../../src/contract/errors';
import { failureConverter } from '../../../src/workflows/sandbox/failure-converter';

const HUGE = Buffer.alloc(10 * 1024 * 1024, 0xff).toString('utf8');
const converted = (thrown: unknown): ProtoFailure => failureConverter.errorToFailure(thrown, defaultPayloadConverter);
const size = (failure: ProtoFailure): number => Buffer.byteLength(JSON.stringify(failure));

test('an ordinary failure is converted as the standard one does, and comes back', () => {
  const failure = ApplicationFailure.create({
    type: 'AgentNotFound',
    message: 'agent f/A does not exist',
    nonRetryable: true,
    details: [{ code: 'AgentNotFound', message: 'agent f/A does not exist' }],
    cause: new Error('deeper'),
  });
  const standard = new DefaultFailureConverter().errorToFailure(failure, defaultPayloadConverter);
  expect(JSON.parse(JSON.stringify(converted(failure)))).toMatchObject(JSON.parse(JSON.stringify(standard)) as object);
  const back = failureConverter.failureToError(converted(failure), defaultPayloadConverter);
  expect(back).toMatchObject({ message: failure.message, type: 'AgentNotFound', details: failure.details });
  expect(back.cause).toMatchObject({ message: 'deeper' });
});

function circular(): Error {
  const error = new Error(HUGE);
  error.cause = error;
  return error;
}

function chained(links: number): Error {
  return links === 0 ? new Error(HUGE) : new Error(HUGE, { cause: chained(links - 1) });
}

function refusing(): object {
  return {
    toString() {
      throw new Error('cannot be told');
    },
    toJSON() {
      throw new Error('cannot be told');
    },
  };
}

test.each<[string, unknown]>([
  ['a message of 30 MB', new Error(HUGE)],
  ['a text of 30 MB', HUGE],
  ['a stack of 30 MB', Object.assign(new Error('x'), { stack: HUGE })],
  ['a chain of a hundred causes', chained(100)],
  ['a cause that is its own', circular()],
  ['details of 30 MB', ApplicationFailure.create({ message: 'x', details: [HUGE] })],
  ['details that are not JSON', ApplicationFailure.create({ message: 'x', details: [{ n: 1n }] })],
  ['an object of 30 MB', { HUGE }],
  ['an unreadable value', refusing()],
  ['what has no prototype', Object.create(null)],
  ['nothing', undefined],
  ['an error of ours with a cause of 30 MB', new DroverError('Internal', HUGE, undefined, { cause: new Error(HUGE) })],
  [
    'a failure from elsewhere',
    failureConverter.failureToError({ message: HUGE, cause: { message: HUGE } }, defaultPayloadConverter),
  ],
])('%s is a failure of less than 100 KB', (_, thrown) => {
  expect(size(converted(thrown))).toBeLessThan(100 * 1024);
});

test('the beginning of what was thrown is kept', () => {
  expect(converted(new Error(`cannot start: ${HUGE}`)).message).toMatch(/^cannot start: /u);
  expect(converted(ApplicationFailure.create({ message: 'too many facts', details: [HUGE] })).message).toBe(
    'too many facts',
  );
});
