/** Calls for the sessions of browsers. */
import { DroverError } from '../../contract/errors';
import type { Caller, TokenCaller } from '../access/caller';
import type { Handlers } from '../calls';
import { cookieHeader, sessionIn, type Sessions } from '../access/sessions';

type SessionCalls = 'createLoginCode' | 'login' | 'describeSession' | 'logout';

/** `isSecure`: browsers reach the gateway by https only. `temporalUi`: the page of workflows in Temporal's Web UI. */
interface SessionOptions {
  readonly isSecure: boolean;
  readonly temporalUi: string | null;
}

/** Handlers over the sessions. */
export function sessionHandlers(sessions: Sessions, { isSecure, temporalUi }: SessionOptions): Handlers<SessionCalls> {
  const shown = ({ name, role, fleets }: TokenCaller, csrf: string | null) => ({
    name,
    role,
    fleets,
    csrf,
    temporalUi,
  });
  return {
    createLoginCode: ({ request }) => sessions.newCode(holderOf(request.caller)),
    login: ({ body, reply }) => {
      const session = sessions.begin(body.code);
      void reply.header('set-cookie', cookieHeader(session, isSecure)).header('cache-control', 'no-store');
      return shown(session.caller, session.csrf);
    },
    describeSession: ({ request, reply }) => {
      void reply.header('cache-control', 'no-store');
      const cookie = request.headers.authorization === undefined ? sessionIn(request.headers.cookie) : undefined;
      const found = cookie === undefined ? undefined : sessions.find(cookie);
      return shown(holderOf(request.caller), found?.csrf ?? null);
    },
    logout: ({ reply }) => {
      void reply.header('set-cookie', cookieHeader(null, isSecure));
      return { ended: true };
    },
  };
}

/** An agent has no sessions: none of these calls takes its token. */
function holderOf(caller: Caller | null): TokenCaller {
  if (caller?.kind === 'token') return caller;
  throw new DroverError('Forbidden', "an agent's token has no sessions; use the token of a person");
}
