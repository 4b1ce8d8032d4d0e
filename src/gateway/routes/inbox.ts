/** Calls for the inbox. */
import type { DroverClient } from '../../client';
import { itemRef } from '../../contract/run/inbox';
import { type CommandOrigin, mustReach, onlyFleetsOf, originOf } from '../access/caller';
import type { Handlers, Input } from '../calls';

type InboxCalls = 'listInbox' | 'answerItem' | 'extendItem' | 'denyItems';

/** Handlers over the client. */
export function inboxHandlers({ inbox }: DroverClient): Handlers<InboxCalls> {
  return {
    listInbox: ({ query, request }) => inbox.list({ ...query, ...onlyFleetsOf(request) }),
    answerItem: (input) => {
      const { params, body } = input;
      const { digest, value, by } = body;
      const origin = originOfItem(input);
      return inbox.answer(params.item, value, {
        ...origin,
        // A program that passes on the answer of a person names the person, and is named itself.
        ...(by !== undefined && { by: `${by} (token ${origin.by})` }),
        ...(digest !== undefined && { digest }),
      });
    },
    extendItem: (input) => inbox.extend(input.params.item, input.body.extension, originOfItem(input)),
    denyItems: ({ body, request, idempotencyKey }) => {
      const { kind, fleet } = body;
      if (fleet !== undefined) {
        request.about = { fleet };
        mustReach(request.caller, fleet);
      }
      const { by, from } = originOf(request, idempotencyKey);
      return inbox.deny(kind, { ...(fleet !== undefined && { fleet }), ...onlyFleetsOf(request) }, { by, from });
    },
  };
}

/** Throws `Forbidden` for an item of another fleet. */
function originOfItem({
  params,
  request,
  idempotencyKey,
}: Pick<Input<'answerItem' | 'extendItem'>, 'params' | 'request' | 'idempotencyKey'>): CommandOrigin {
  mustReach(request.caller, itemRef(params.item)?.fleet ?? '');
  return originOf(request, idempotencyKey);
}
