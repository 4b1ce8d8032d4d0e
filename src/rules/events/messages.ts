/** Parses the input of a `notify` workflow. */
import { EVENT_TYPES, type NotifyInput } from '../../contract/event';
import { secretReference, url } from '../lib/fields';
import { version } from '../lib/carried';
import { message } from '../lib/message';
import * as parse from '../lib/parse';

/** An id without dots, because dots separate the parts of the signed text. */
const eventId: parse.Parser<string> = (value, path) => {
  const written = parse.text(200)(value, path);
  return /^[A-Za-z0-9_-]+$/.test(written) ? written : parse.invalid(path, 'expected letters, digits, "-" and "_"');
};

/** The input of a `notify` workflow. */
export const parseNotifyInput: parse.Parser<NotifyInput> = message({
  v: version,
  event: parse.object({
    id: eventId,
    type: parse.oneOf(...EVENT_TYPES),
    at: parse.text(40),
    data: parse.record(parse.json),
  }),
  target: parse.object({
    url,
    secret: parse.optional(secretReference),
    events: parse.optional(parse.list(parse.text(200), 1_000)),
  }),
});
