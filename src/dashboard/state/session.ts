/** Login by a one-time link, and logout. */
import { signal } from '@preact/signals';
import { mayAs, type Role } from '../../contract/caller/role';
import { call, CallError, session, type Session } from './api';
import { replaceAddress } from './route';

/** Why the browser has no session; empty before the first try. */
export const loginProblem = signal('');

/** The link of `drover dashboard` carries its code behind the `#`, which browsers do not send. */
const CODE = /^#\/login\/([\w-]+)$/;

/** Takes the code of the address, if it has one, or else the session that the browser has. */
export async function login(): Promise<void> {
  const code = CODE.exec(location.hash)?.[1];
  try {
    // The code works once, so it must not stay in the history.
    if (code !== undefined) replaceAddress('#/');
    session.value = code === undefined ? await call<Session>('GET', '/v1/session') : await begin(code);
    loginProblem.value = '';
  } catch (error) {
    const isUnknown = error instanceof CallError && error.status === 401 && code === undefined;
    loginProblem.value = isUnknown
      ? 'This browser has no session.'
      : String(error instanceof Error ? error.message : error);
  }
}

function begin(code: string): Promise<Session> {
  return call<Session>('POST', '/v1/session', { code });
}

/** Ends the session. */
export async function logout(): Promise<void> {
  await call('DELETE', '/v1/session');
  session.value = null;
  loginProblem.value = 'You have logged out.';
}

/** Whether the caller may make calls that need this role. */
export function mayAct(role: Role): boolean {
  return session.value !== null && mayAs(session.value.role, role);
}
