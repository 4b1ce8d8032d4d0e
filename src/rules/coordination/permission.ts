/** Tells what an agent asks permission for from its other questions. */
import { isRecord } from '../lib/parse';

/** An agent marks a permission by the field `kind` of its question. */
export function asksPermission(question: unknown): boolean {
  return isRecord(question) && question['kind'] === 'permission';
}
