/**
 * Reads the state that an earlier run of an entity has left: any caller may start a workflow with
 * something that looks like it.
 */
import { invalid, isRecord } from './parse';

/**
 * The state, where it has everything that a new one has, each of the same kind. A null of the new
 * one may be anything. Throws `InvalidRequest` with the path of what is not so.
 */
export function carriedLike<T extends object>(fresh: T, value: unknown, path: string): T {
  checkLike(fresh, value, path);
  return value as T;
}

function checkLike(fresh: unknown, value: unknown, path: string): void {
  if (fresh === null) return;
  if (kindOf(fresh) !== kindOf(value)) invalid(path, `expected ${kindOf(fresh)}, got ${kindOf(value)}`);
  if (!isRecord(fresh) || !isRecord(value)) return;
  for (const [key, part] of Object.entries(fresh)) checkLike(part, value[key], `${path}.${key}`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}
