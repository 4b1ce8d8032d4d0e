/**
 * Sessions of browsers: a one-time code for a token, a cookie for the code, and a header that no other
 * site can send. A cookie is signed, not stored, so it is valid at every gateway of the installation; it
 * ends with its time, or with its token.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { DroverError } from '../../contract/errors';
import { wallClockMs } from '../../lib/clock';
import type { TokenCaller } from './caller';
import type { Tokens } from './tokens';

/** The name of the cookie. */
const SESSION_COOKIE = 'drover_session';
/** The header that a call with a cookie must have if it changes something. */
export const CSRF_HEADER = 'x-drover-csrf';

/** A person opens the link at once. */
const CODE_LIFE_MS = 5 * 60_000;
/** A working day. */
const SESSION_LIFE_MS = 12 * 3_600_000;
/** Codes that are open at a time; the oldest ones are dropped. */
const MOST_CODES = 1_000;

/** A one-time code. It belongs to the gateway that made it. */
export interface LoginCode {
  readonly code: string;
  readonly expiresAt: string;
}

/** A session that has begun. `csrf` goes into the header of calls that change something. */
export interface Session {
  readonly cookie: string;
  readonly csrf: string;
  readonly expiresAt: string;
  readonly caller: TokenCaller;
}

/** Create one per gateway. */
export class Sessions {
  readonly #tokens: Tokens;
  readonly #key: Buffer;
  readonly #now: () => number;
  readonly #codes = new Map<string, { readonly sha256: string; readonly until: number }>();

  /** `secret`: what all gateways of the installation share, such as the secret of the agents' tokens. */
  constructor(tokens: Tokens, secret: string, now: () => number = wallClockMs) {
    this.#tokens = tokens;
    this.#key = createHmac('sha256', secret).update('sessions of browsers').digest();
    this.#now = now;
  }

  /** A code with which a browser becomes this caller, once. */
  newCode({ sha256 }: TokenCaller): LoginCode {
    const code = randomBytes(32).toString('base64url');
    const until = this.#now() + CODE_LIFE_MS;
    this.#codes.set(code, { sha256, until });
    for (const [oldest] of this.#codes) {
      if (this.#codes.size <= MOST_CODES) break;
      this.#codes.delete(oldest);
    }
    return { code, expiresAt: new Date(until).toISOString() };
  }

  /** Begins a session. `Unauthorized` for a code that is unknown, used or too old. */
  begin(code: string): Session {
    const known = this.#codes.get(code);
    this.#codes.delete(code);
    const caller = known && known.until > this.#now() ? this.#holder(known.sha256) : undefined;
    if (caller === undefined) {
      throw new DroverError('Unauthorized', 'this login code is not valid, was used or is too old; make a new one');
    }
    const until = this.#now() + SESSION_LIFE_MS;
    const content = `${caller.sha256}.${String(until)}.${randomBytes(16).toString('base64url')}`;
    const value = `${content}.${this.#signed('session', content)}`;
    return { cookie: value, csrf: this.#csrf(value), expiresAt: new Date(until).toISOString(), caller };
  }

  /** The caller of a session, and its CSRF token; undefined if the cookie is not, or no longer, valid. */
  find(cookie: string): { readonly caller: TokenCaller; readonly csrf: string } | undefined {
    const [, content = '', sha256 = '', until = '', signature = ''] =
      /^(([0-9a-f]{64})\.(\d{1,15})\.[\w-]{22})\.([\w-]{43})$/.exec(cookie) ?? [];
    if (!isSame(signature, this.#signed('session', content)) || Number(until) <= this.#now()) return undefined;
    const caller = this.#holder(sha256);
    return caller && { caller, csrf: this.#csrf(cookie) };
  }

  #holder(sha256: string): TokenCaller | undefined {
    return this.#tokens.bySha256(Buffer.from(sha256, 'hex'));
  }

  #csrf(cookie: string): string {
    return this.#signed('csrf', cookie);
  }

  #signed(use: 'session' | 'csrf', text: string): string {
    return createHmac('sha256', this.#key).update(`${use} ${text}`).digest('base64url');
  }
}

/** Compares in constant time. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The session of a request's `Cookie` header; undefined without one. */
export function sessionIn(header: string | undefined): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === SESSION_COOKIE)?.[1];
}

/** The `Set-Cookie` header of a session; null ends it. No script reads it, and no other site sends it. */
export function cookieHeader(session: Pick<Session, 'cookie'> | null, isSecure: boolean): string {
  const [value, age] = session === null ? ['', 0] : [session.cookie, SESSION_LIFE_MS / 1_000];
  const secure = isSecure ? '; Secure' : '';
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${String(age)}${secure}`;
}
