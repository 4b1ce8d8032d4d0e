/** Calls to the gateway that served this page. */
import { signal } from '@preact/signals';
import type { Role } from '../../contract/caller/role';

/** Who is logged in; null before the first answer, and without a session. */
export const session = signal<Session | null>(null);
/** Whether the gateway answers. Buttons are off while it does not. */
export const isConnected = signal(false);

/** The session of this browser. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  readonly fleets: readonly string[] | null;
  readonly csrf: string | null;
  /** The page of workflows in Temporal's Web UI; null if it is not known. */
  readonly temporalUi: string | null;
}

/** A refusal or a failure, in the gateway's own words. */
export class CallError extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

interface Problem {
  readonly detail?: string;
  readonly title?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Makes a call and returns its answer. Throws `CallError`, with status 0 where the gateway did not answer. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && session.value?.csrf) headers['x-drover-csrf'] = session.value.csrf;
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(path, { method, headers, credentials: 'same-origin', ...sent }).catch(() => null);
  isConnected.value = answer !== null;
  if (answer === null) throw new CallError(0, 'the gateway does not answer');
  const content: unknown = await answer.json().catch(() => ({}));
  if (answer.ok) return content as T;
  if (answer.status === 401) session.value = null;
  throw refusal(answer.status, content as Problem);
}

function refusal(status: number, { detail, title, errors = [] }: Problem): CallError {
  const places = errors.map((error) => `${error.pointer}: ${error.detail}`);
  return new CallError(status, [detail ?? title ?? `status ${String(status)}`, ...places].join('\n'));
}

/** A page of a list. */
interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | null;
}

/** Every item of a list. */
export async function listAll<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let token: string | null = null;
  do {
    const more: string = token === null ? '' : `&pageToken=${encodeURIComponent(token)}`;
    const page: Page<T> = await call<Page<T>>('GET', `${path}${path.includes('?') ? '&' : '?'}pageSize=1000${more}`);
    items.push(...page.items);
    token = page.nextPageToken;
  } while (token !== null);
  return items;
}
