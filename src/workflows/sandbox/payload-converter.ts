/**
 * The payload converter of every worker and client of Drover: the standard converter, except that decoding never throws. In a workflow,
 * a payload that cannot be decoded would fail the workflow task for ever (docs/workflow-rules.md, rule 6). Here it becomes a marked value
 * that no parser accepts, so that the message is refused like any other malformed one.
 */
import { type Payload, type PayloadConverter, defaultPayloadConverter } from '@temporalio/common';
import { UNDECODABLE } from '../../contract/values/json';
import { messageOf, SHORT_BYTES } from '../../contract/text';

function decoded<T>(payload: Payload): T {
  try {
    return defaultPayloadConverter.fromPayload<T>(payload);
  } catch (error) {
    // T is only the caller's expectation of an external message; parsers check the value.
    const marked: unknown = { [UNDECODABLE]: messageOf(error, SHORT_BYTES) };
    return marked as T;
  }
}

/** The SDK finds this export by its name through `payloadConverterPath`. */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: decoded,
};
