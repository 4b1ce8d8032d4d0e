/**
 * Limits the addresses that Drover calls for others, so that a worker is never a proxy to a cloud's
 * metadata service.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { DroverError } from '../contract/errors';

/** Link-local addresses, and the addresses of clouds' metadata services. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16, 'ipv4');
metadata.addSubnet('fe80::', 10, 'ipv6');
// Amazon (IPv6), Alibaba, Azure, Oracle.
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addAddress('100.100.100.200', 'ipv4');
metadata.addAddress('168.63.129.16', 'ipv4');
metadata.addAddress('192.0.0.192', 'ipv4');

/**
 * IPv6 prefixes that carry an IPv4 address: mapped, compatible, translated (two prefixes), 6to4.
 * `at` is the group where it starts.
 */
const CARRIERS: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  { prefix: [0, 0, 0, 0, 0xffff, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1], at: 6 },
  { prefix: [0x2002], at: 1 },
];

/**
 * True for a link-local IP address in any spelling, and for the address of a cloud's metadata
 * service.
 */
export function isLinkLocal(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) return isIP(plain) !== 0 && metadata.check(plain, 'ipv4');
  if (metadata.check(plain, 'ipv6')) return true;
  const groups = groupsOf(plain);
  return CARRIERS.filter(({ prefix }) => prefix.every((group, index) => groups[index] === group)).some(({ at }) =>
    metadata.check(carried(groups, at), 'ipv4'),
  );
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser normalizes any spelling to hexadecimal groups with at most one `::`.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const numbers = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [numbers(head), numbers(tail ?? '')];
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

function carried(groups: readonly number[], at: number): string {
  return [groups[at] ?? 0, groups[at + 1] ?? 0].flatMap((group) => [group >> 8, group & 0xff]).join('.');
}

/** The host of a URL; an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The error for an address that may not be called. */
export function notAllowed(why: string): DroverError {
  return new DroverError('InvalidRequest', why);
}

/**
 * The URL, or `InvalidRequest` for one that may not be called; `allowed` holds host names and
 * `*.suffixes`.
 */
export function allowedUrl(text: string, allowed: readonly string[] | undefined): URL {
  if (!URL.canParse(text)) throw notAllowed(`${JSON.stringify(text)} is not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw notAllowed(`${url.protocol} is neither http: nor https:`);
  const host = hostOf(url);
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
