/** Reads who gives a command, and says it. */
import { type Origin, ORIGIN_LENGTH } from '../../contract/caller/origin';
import { optional, text } from './parse';

/** The fields of `Origin`, for the parsers of commands. */
export const originFields = { by: optional(text(ORIGIN_LENGTH)), from: optional(text(ORIGIN_LENGTH)) } as const;

/** `alice from 10.0.0.7, request deploy-7`; `otherwise` where the command does not say who gives it. */
export function originText(
  { by, from, requestId }: Origin & { readonly requestId?: string },
  otherwise: string,
): string {
  if (by === undefined) return otherwise;
  const where = from === undefined ? '' : ` from ${from}`;
  return `${by}${where}${requestId === undefined ? '' : `, request ${requestId}`}`;
}
