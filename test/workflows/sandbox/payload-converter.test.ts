/** Decoding never throws, here and in the sandbox (the raw signals of agent/messages.test.ts). */
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import fc from 'fast-check';
import { UNDECODABLE } from '../../../src/contract/values/json';
import { payloadConverter } from '../../../src/workflows/sandbox/payload-converter';

const bytes = (text: string) => new TextEncoder().encode(text);
const payload = (encoding: string, data?: Uint8Array): Payload => ({
  metadata: { encoding: bytes(encoding) },
  ...(data === undefined ? {} : { data }),
});

const marked = (value: unknown): unknown => (value as Record<string, unknown>)[UNDECODABLE];

describe('a valid payload is decoded as ever', () => {
  test.each([[undefined], [null], [0], ['text'], [{ a: [1, { b: null }] }], [[]]])('%j', (value) => {
    expect(payloadConverter.fromPayload(payloadConverter.toPayload(value))).toEqual(value);
    expect(payloadConverter.toPayload(value)).toEqual(defaultPayloadConverter.toPayload(value));
  });

  test('binary stays binary', () => {
    expect(payloadConverter.fromPayload(payload('binary/plain', bytes('abc')))).toEqual(bytes('abc'));
  });
});

describe('an invalid payload is marked', () => {
  test.each<[string, Payload]>([
    ['an unknown encoding', payload('json/unknown', bytes('{}'))],
    ['an encrypted payload', payload('binary/encrypted', new Uint8Array([0, 255, 7]))],
    ['a protobuf', payload('binary/protobuf', new Uint8Array([10, 1]))],
    ['broken JSON', payload('json/plain', bytes('{"a":'))],
    ['bytes that are not text', payload('json/plain', new Uint8Array([255, 254, 0]))],
    ['no data', payload('json/plain')],
    ['no encoding', { metadata: {}, data: bytes('{}') }],
    ['no metadata', { data: bytes('{}') }],
    ['nothing', {}],
  ])('%s', (_, given) => {
    const value = payloadConverter.fromPayload(given);
    expect(typeof marked(value)).toBe('string');
    expect(Object.keys(value as object)).toEqual([UNDECODABLE]);
  });
});

test('property: no payload throws, and every JSON value comes back', () => {
  const anyBytes = fc.uint8Array({ maxLength: 50 });
  const anyPayload = fc.record(
    { metadata: fc.dictionary(fc.constantFrom('encoding', 'other'), anyBytes), data: anyBytes },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(anyPayload, (given) => void payloadConverter.fromPayload(given)));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(payloadConverter.fromPayload(payloadConverter.toPayload(value))).toEqual(
        JSON.parse(JSON.stringify(value)),
      );
    }),
  );
});
