/** The calls by which browsers log in and out. */
import { z } from 'zod';
import { ROLES } from '../../caller/role';
import { strict } from '../fields';
import type { Call } from './call';

/**
 * A caller. `csrf` is null for one with a token, which needs no such header; `temporalUi` is the page of
 * workflows in Temporal's Web UI, null if it is not known.
 */
const session = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  fleets: z.array(z.string()).nullable(),
  csrf: z.string().nullable(),
  temporalUi: z.string().nullable(),
});

/** Login codes and sessions. */
export const sessionCalls = {
  createLoginCode: {
    method: 'POST',
    path: '/v1/login-codes',
    summary: 'A code with which a browser logs in as the caller, once and within five minutes',
    access: 'viewer',
    scope: 'own',
    body: strict({}),
    bodyOptional: true,
    answer: z.object({ code: z.string(), expiresAt: z.string() }),
  },
  login: {
    method: 'POST',
    path: '/v1/session',
    summary: 'Begin the session of a browser: a cookie for a login code',
    access: 'public',
    body: strict({ code: z.string().max(200) }),
    answer: session,
    bodyLimit: 1024,
    problems: [401],
  },
  describeSession: {
    method: 'GET',
    path: '/v1/session',
    summary: 'Who the caller is, and the header that its calls need if it is a browser',
    access: 'viewer',
    scope: 'own',
    answer: session,
  },
  logout: {
    method: 'DELETE',
    path: '/v1/session',
    summary: 'End the session of this browser',
    access: 'viewer',
    scope: 'own',
    answer: z.object({ ended: z.literal(true) }),
  },
} as const satisfies Record<string, Call>;
