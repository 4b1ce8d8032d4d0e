/** The part of a log that leaves its host: lines without secrets, short ones, and only for holders of the agents' secret. */
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createLogActivities } from '../../src/activities/logs';
import type { LogCall } from '../../src/contract/activities';
import { LOG_LINE_BYTES, type LogPart, type LogPartRequest } from '../../src/contract/agent/log';
import { unseal } from '../../src/lib/sealed';
import type { Provider } from '../../src/providers/provider';

const SECRET = 'agent-secret-of-the-tests';
const settings = { agentSecret: SECRET, environment: { KEY: 'sk-of-a-reference' } };
const call: LogCall = {
  fleet: 'f',
  agent: 'a',
  provider: 'process',
  resourceId: 'k',
  key: 'k',
  spec: {
    name: 'a',
    provider: 'process',
    process: { command: ['x'], env: { DB_PASSWORD: 'of-the-file', KEY: 'env:KEY' } },
  },
  request: {},
};

/** The part that a gateway opens, and what the provider was asked. */
async function read(
  given: LogCall,
  lines: readonly string[],
): Promise<{ part: LogPart; sealed: string; asked: LogPartRequest }> {
  let asked: LogPartRequest = {};
  const provider: Pick<Provider, 'logPart'> = {
    logPart(_call, request) {
      asked = request;
      return Promise.resolve({
        lines: lines.map((line) => ({ at: '2026-01-01T00:00:00Z', line })),
        next: '9',
        more: false,
      });
    },
  };
  const activities = createLogActivities({ process: provider as Provider }, settings);
  const environment = new MockActivityEnvironment();
  const { sealed } = await environment.run<[], { readonly sealed: string }, () => Promise<{ readonly sealed: string }>>(
    () => activities.readLog(given),
  );
  return { part: JSON.parse(unseal(sealed, SECRET, 'f/a')) as LogPart, sealed, asked };
}

it.each([
  ['a variable of the file', 'it is of-the-file here', 'it is *** here'],
  ['what a reference leads to', 'key sk-of-a-reference', 'key ***'],
  ["the agents' own secret", SECRET, '***'],
  ['nothing else', 'an ordinary line', 'an ordinary line'],
])('shows no secret: %s', async (_, line, shown) => {
  const { part, sealed } = await read(call, [line]);
  expect(part).toEqual({ lines: [{ at: '2026-01-01T00:00:00Z', line: shown }], next: '9', more: false });
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain(shown);
});

it('withholds all lines if a secret can no longer be looked up', async () => {
  const { part } = await read({ ...call, secret: 'env:GONE' }, ['one', 'two']);
  expect(part.lines).toHaveLength(1);
  expect(part.lines[0]?.line).toContain('not shown');
});

it('cuts a line after its secrets were removed', async () => {
  const { part } = await read(call, [`${'x'.repeat(LOG_LINE_BYTES - 4)}sk-of-a-reference`]);
  expect(part.lines[0]?.line).not.toContain('sk-');
  expect(Buffer.byteLength(part.lines[0]?.line ?? '')).toBeLessThanOrEqual(LOG_LINE_BYTES);
});

it('bounds what a caller asks for', async () => {
  const { asked } = await read({ ...call, request: { tail: 1e9, waitMs: 1e9 } }, []);
  expect(asked).toEqual({ tail: 10_000, waitMs: 15_000 });
});

it('says where the log of an external agent is', async () => {
  const refused = read({ ...call, provider: 'external', spec: { name: 'a', provider: 'external' } }, []);
  await expect(refused).rejects.toBeInstanceOf(ApplicationFailure);
  await expect(refused).rejects.toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
});
