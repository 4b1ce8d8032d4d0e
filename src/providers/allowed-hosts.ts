/** Which addresses Drover calls on behalf of others: nobody may turn a worker into a proxy to the machine's metadata service. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { DroverError } from '../contract/errors';

const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4');
linkLocal.addSubnet('fe80::', 10, 'ipv6');
linkLocal.addAddress('fd00:ec2::254', 'ipv6');

/** Whether an IP address is one that only this link knows, as metadata services have. */
export function isLinkLocal(address: string): boolean {
  return isIP(address) !== 0 && linkLocal.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The error for an address that may not be called. */
export function notAllowed(why: string): DroverError {
  return new DroverError('InvalidRequest', why);
}

/** The URL, or `InvalidRequest` for one that may not be called; `allowed` holds host names and `*.suffixes`. */
export function allowedUrl(text: string, allowed: readonly string[] | undefined): URL {
  if (!URL.canParse(text)) throw notAllowed(`${JSON.stringify(text)} is not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw notAllowed(`${url.protocol} is neither http: nor https:`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (allowed === undefined) {
    if (isLinkLocal(host)) throw notAllowed(`${host} is a link-local address`);
  } else if (!allowed.some((pattern) => matches(host, pattern.toLowerCase()))) {
    throw notAllowed(`${host} is not one of the allowed hosts`);
  }
  return url;
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
