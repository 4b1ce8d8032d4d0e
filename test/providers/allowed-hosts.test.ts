import dns from 'node:dns';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
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

const named = (url: string) =>
  ({
    url,
    method: 'GET',
    signal: AbortSignal.timeout(20_000),
    limitBytes: 100,
    allowedHosts: [new URL(url).hostname],
  }) as const;

/** How a replaced `dns.lookup` answers: as the real one after its call has returned, or before. */
const ANSWERS: Readonly<Record<string, (answer: () => void) => void>> = {
  later: setImmediate,
  'at once': (answer) => {
    answer();
  },
};

describe.each(Object.entries(ANSWERS))('a lookup that answers %s', (_when, whenever) => {
  const resolving = (found: dns.LookupAddress[]) =>
    jest.spyOn(dns, 'lookup').mockImplementation((...args: unknown[]) => {
      const [first] = found;
      const { all } = args[1] as dns.LookupOptions;
      const answer = args.at(-1) as (error: null, ...given: unknown[]) => void;
      whenever(() => {
        if (all) answer(null, found);
        else answer(null, first?.address, first?.family);
      });
    });

  test.each([
    ['169.254.99.99', 4],
    ['fd00:ec2::254', 6],
  ])('a listed name that resolves to %s is not called', async (address, family) => {
    const lookup = resolving([{ address, family }]);
    try {
      await expect(httpCall(named('http://metadata.example:9/'))).rejects.toMatchObject({
        code: 'InvalidRequest',
        message: `${address} is a link-local address`,
      });
      expect(lookup).toHaveBeenCalledTimes(1);
    } finally {
      lookup.mockRestore();
    }
  });

  test('nor one that resolves to such an address among others', async () => {
    const lookup = resolving([
      { address: '127.0.0.1', family: 4 },
      { address: '169.254.99.99', family: 4 },
    ]);
    try {
      await expect(httpCall(named('http://metadata.example:9/'))).rejects.toThrow('169.254.99.99 is a link-local');
    } finally {
      lookup.mockRestore();
    }
  });
});

describe('a connection', () => {
  let arrived: string[];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      arrived.push(data.toString());
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
  });
  let port: number;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => server.close());
  beforeEach(() => (arrived = []));

  test('to a forbidden address is refused before anything is written, however it came about', async () => {
    // As if the name had been resolved by other means than dns.lookup.
    const connecting = jest
      .spyOn(Agent.prototype, 'createConnection')
      .mockImplementation((options) =>
        Object.defineProperty(connect(options as NetConnectOpts), 'remoteAddress', { value: '169.254.99.99' }),
      );
    const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    try {
      await expect(httpCall(named(`http://localhost:${String(port)}/`))).rejects.toThrow(
        '169.254.99.99 is a link-local address',
      );
    } finally {
      connecting.mockRestore();
    }
    await closed;
    expect(arrived).toEqual([]);
  });

  test('to any other is used', async () => {
    expect(await httpCall(named(`http://localhost:${String(port)}/`))).toMatchObject({ status: 200 });
    expect(arrived.join('')).toContain('GET / HTTP/1.1');
  });
});
