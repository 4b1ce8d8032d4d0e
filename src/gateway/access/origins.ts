/**
 * Refuses pages of other sites: a browser sends the name that the page used in `Host`, and the page's
 * own site in `Origin`. A DNS name of another site that points here (DNS rebinding) fails the first
 * check, a call from another page the second one.
 */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { DroverError } from '../../contract/errors';

/** Throws `Forbidden` for a request that a page of another site may have sent. */
export type CheckOrigin = (request: Pick<FastifyRequest, 'headers'>) => void;

/**
 * The check of a gateway with these names beside `localhost` and addresses, which no other site can
 * have. A request without `Host` or `Origin` is not from a browser.
 */
export function createOriginCheck(names: readonly string[]): CheckOrigin {
  const known = new Set(names.map((name) => name.toLowerCase()));
  const isOwn = (host: string): boolean =>
    host === 'localhost' || host.endsWith('.localhost') || isIP(host) > 0 || known.has(host);

  return ({ headers: { host, origin } }) => {
    if (host !== undefined && host !== '' && !isOwn(hostnameOf(`http://${host}`))) {
      throw new DroverError(
        'Forbidden',
        `unknown host "${host.slice(0, 100)}": call the gateway by its address, or list its name in DROVER_GATEWAY_NAMES`,
      );
    }
    if (origin === undefined) return;
    const from = URL.canParse(origin) ? new URL(origin) : null;
    // A proxy with TLS may pass on another port, or its own name.
    const isHere = from !== null && (from.host === host?.toLowerCase() || known.has(from.hostname));
    if (!isHere)
      throw new DroverError(
        'Forbidden',
        `a page of ${origin.slice(0, 100)} may not call this gateway; open the gateway's own address`,
      );
  };
}

/** The host of a URL without the brackets of an IPv6 address; empty if it has none. */
export function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}
