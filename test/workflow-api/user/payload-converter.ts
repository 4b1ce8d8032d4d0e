/** A user's payload converter. What it writes Drover cannot read, and it marks what Drover has written. */
import { defaultPayloadConverter, type Payload, type PayloadConverter } from '@temporalio/common';

const ENCODING = 'json/of-the-user';
const bytes = (text: string): Uint8Array => new Uint8Array(Array.from(text, (character) => character.charCodeAt(0)));
const text = (data: Uint8Array): string => Array.from(data, (byte) => String.fromCharCode(byte)).join('');

export const payloadConverter: PayloadConverter = {
  toPayload(value): Payload {
    return { metadata: { encoding: bytes(ENCODING) }, data: bytes(escape(JSON.stringify(value ?? null))) };
  },
  fromPayload<T>(payload: Payload): T {
    if (text(payload.metadata?.['encoding'] ?? bytes('')) === ENCODING)
      return JSON.parse(unescape(text(payload.data ?? bytes('')))) as T;
    return { readByTheUser: defaultPayloadConverter.fromPayload(payload) } as T;
  },
};
