/**
 * The payload converter of every worker and client of Drover: the standard one, except that decoding never throws. Inside a
 * workflow a payload that cannot be decoded would fail the task, for ever (docs/workflow-rules.md, rule 6); here it becomes a marked value
 * that no parser accepts, so that the message is refused like any other wrong one.
 */
import { type Payload, type PayloadConverter, defaultPayloadConverter } from '@temporalio/common';
import { UNDECODABLE } from '../../contract/json';
import { messageOf, SHORT_BYTES } from '../../contract/text';

function decoded<T>(payload: Payload): T {
  try {
    return defaultPayloadConverter.fromPayload<T>(payload);
  } catch (error) {
    // The caller's T is a wish about what a stranger sent; parsers check it.
    const marked: unknown = { [UNDECODABLE]: messageOf(error, SHORT_BYTES) };
    return marked as T;
  }
}

/** Found by this name through `payloadConverterPath`. */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: decoded,
};
