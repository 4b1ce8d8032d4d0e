import dns from 'node:dns';
import { httpCall } from '../../src/providers/http-call';
import { allowedUrl, isLinkLocal } from '../../src/providers/allowed-hosts';

test.each([
  '169.254.169.254',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '::ffff:169.254.169.254',
  '::a9fe:a9fe',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  '0:0:0:0:0:ffff:6464:64c8',
])('%s is not to be called', (address) => {
  expect(isLinkLocal(address)).toBe(true);
  const host = address.includes(':') ? `[${address.replace(/%.*/, '')}]` : address;
  expect(() => allowedUrl(`http://${host}/latest/meta-data`, undefined)).toThrow('link-local');
});

test.each(['127.0.0.1', '10.0.0.1', '::1', '2001:db8::1', '::ffff:10.0.0.1', '2002:a00:1::', '192.0.0.1'])(
  '%s may be called',
  (address) => {
    expect(isLinkLocal(address)).toBe(false);
  },
);

test('other spellings of the same address are seen through', () => {
  for (const host of ['2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518']) {
    expect(() => allowedUrl(`http://${host}/`, undefined)).toThrow('169.254.169.254');
  }
});

test.each([
  ['169.254.99.99', 4],
  ['fd00:ec2::254', 6],
])('a listed name that resolves to %s is not called', async (address, family) => {
  const lookup = jest.spyOn(dns, 'lookup').mockImplementation((...args: unknown[]) => {
    const answer = args.at(-1) as (error: null, found: dns.LookupAddress[]) => void;
    // As the real one: never before the call has returned.
    setImmediate(() => answer(null, [{ address, family }]));
  });
  try {
    const call = {
      url: 'http://metadata.example:9/',
      method: 'GET',
      signal: AbortSignal.timeout(20_000),
      limitBytes: 100,
      allowedHosts: ['metadata.example'],
    } as const;
    await expect(httpCall(call)).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: `${address} is a link-local address`,
    });
    expect(lookup).toHaveBeenCalledTimes(1);
  } finally {
    lookup.mockRestore();
  }
});
