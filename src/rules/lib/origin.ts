/** Reads the caller of a command, and names it in texts. */
import { type NamedOrigin, type Origin, ORIGIN_LENGTH } from '../../contract/caller/origin';
import { optional, text } from './parse';

/** The fields of `Origin`, for the parsers of commands. */
export const originFields = { by: optional(text(ORIGIN_LENGTH)), from: optional(text(ORIGIN_LENGTH)) } as const;

type Given = Origin & { readonly requestId?: string };

/** `alice from 10.0.0.7, request deploy-7`; `otherwise` if the command does not say who gives it. */
export function originText({ by, from, requestId }: Given, otherwise: string): string {
  if (by === undefined) return otherwise;
  const where = from === undefined ? '' : ` from ${from}`;
  return `${by}${where}${requestId === undefined ? '' : `, request ${requestId}`}`;
}

/** Who gave a command, in parts; undefined if it does not say so. */
export function namedOrigin({ by, from, requestId }: Given): NamedOrigin | undefined {
  if (by === undefined) return undefined;
  return { by, ...(from !== undefined && { from }), ...(requestId !== undefined && { requestId }) };
}

/** The caller of a command, for its event: as a text and in parts; nothing if that is not known. */
export function byField(given: Given): { readonly by?: string; readonly origin?: NamedOrigin } {
  const origin = namedOrigin(given);
  return origin === undefined ? {} : { by: originText(given, ''), origin };
}
