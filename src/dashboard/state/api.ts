/** Calls to the gateway that served this page. */
import { signal } from '@preact/signals';
import type { Role } from '../../contract/caller/role';
import { wallClockMs } from '../../lib/clock';

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
  /** Whether the call may have had its effect all the same. */
  readonly isOpen: boolean;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
    this.isOpen = status === 0 || status >= 500;
  }
}

interface Problem {
  readonly detail?: string;
  readonly title?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** Milliseconds by which the gateway's clock is ahead of the one of this computer, as far as answers show it. */
export const clockAheadMs = signal(0);

/** Answers date themselves by the second, and a call takes its time: a smaller difference says nothing. */
const CLOCK_TOLERANCE_MS = 10_000;

function compareClocks(date: string | null): void {
  const ahead = date === null ? NaN : Date.parse(date) - wallClockMs();
  clockAheadMs.value = Math.abs(ahead) > CLOCK_TOLERANCE_MS ? Math.round(ahead / 1_000) * 1_000 : 0;
}

/** A name for a request: a repeat of it, after an answer that was lost, is the same request. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Makes a call and returns its answer. `key` makes a command safe to repeat. Throws `CallError`, with status 0 if the gateway did
 * not answer.
 */
export async function call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && session.value?.csrf) headers['x-drover-csrf'] = session.value.csrf;
  if (key !== undefined) headers['idempotency-key'] = key;
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(path, { method, headers, credentials: 'same-origin', ...sent }).catch(() => null);
  isConnected.value = answer !== null;
  if (answer === null) throw new CallError(0, 'the gateway does not answer');
  compareClocks(answer.headers.get('date'));
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
