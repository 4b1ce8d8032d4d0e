/** The specifications that a worker carries out, over the real process provider: nothing runs without a signature. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admitSigned } from '../../src/activities/admission';
import { createFleetActivities } from '../../src/activities/fleet/fleet';
import { createProviderActivities } from '../../src/activities/resources';
import type { Calls } from '../../src/client/temporal/calls';
import { SpecKeys } from '../../src/client/spec-keys';
import type { WakeCall } from '../../src/contract/activities';
import type { SpecSignature } from '../../src/contract/agent';
import { ProcessProvider } from '../../src/providers/process';
import { callFor, eventually, wakeOf } from '../providers/calls';
import { INSTALLATION } from '../support/installation';
import { activityEnvironment } from '../support/quiet';

const keys = new SpecKeys(['the-secret-of-the-admission-tests']);
let stateDir: string;
let provider: ProcessProvider;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-admission-'));
  const environment = { PATH: process.env['PATH'] };
  provider = new ProcessProvider({
    stateDir,
    installation: INSTALLATION,
    environment,
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
  });
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const over = (known: SpecKeys | undefined) => createProviderActivities({ process: provider }, admitSigned(known));
const asActivity = <T>(work: () => Promise<T>): Promise<T> => activityEnvironment().run(work);

/** A wake of an agent that leaves a file behind when it runs. */
function wake(): WakeCall & { readonly proof: string } {
  const proof = join(stateDir, 'it-ran');
  const command = ['sh', '-c', `touch ${proof}; while :; do sleep 0.2; done`];
  return { ...wakeOf(callFor(INSTALLATION, { provider: 'process', process: { command, cwd: stateDir } })), proof };
}

function signed<T extends WakeCall>(
  call: T,
  signature: SpecSignature = keys.sign(call.fleet, call.agent, call.spec),
): T {
  return { ...call, spec: { ...call.spec, signature } };
}

const forbidden = (why: string) => ({
  type: 'Forbidden',
  nonRetryable: true,
  message: expect.stringContaining(why) as string,
  details: [{ code: 'Forbidden', details: { permanent: true, attempt: 1 } }],
});

test('a signed agent is created and woken', async () => {
  const call = signed(wake());
  await asActivity(() => over(keys).createResource(call));
  expect(await asActivity(() => over(keys).wakeResource(call))).toEqual({ pid: expect.any(Number) as number });
  await eventually('it runs', async () => existsSync(call.proof) || undefined);
  await asActivity(() => over(keys).destroyResource(call));
});

test.each<[string, (call: WakeCall) => WakeCall, SpecKeys | undefined, string]>([
  ['unsigned', (call) => call, keys, 'is not signed'],
  ['signed, by a worker without keys', (call) => signed(call), undefined, 'start it with DROVER_SPEC_SECRET'],
  ['unsigned, by a worker without keys', (call) => call, undefined, 'start it with DROVER_SPEC_SECRET'],
  [
    'signed with another key',
    (call) =>
      signed(call, new SpecKeys(['another-secret-that-nobody-here-knows']).sign(call.fleet, call.agent, call.spec)),
    keys,
    'signed with key',
  ],
  ['of another fleet', (call) => ({ ...signed(call), fleet: 'venus' }), keys, 'belongs to another'],
  ['of another agent', (call) => ({ ...signed(call), agent: 'B' }), keys, 'belongs to another'],
  [
    'changed',
    (call) => {
      const { spec } = signed(call);
      return { ...call, spec: { ...spec, process: { ...spec.process, command: ['sh', '-c', 'touch it-ran'] } } };
    },
    keys,
    'belongs to another',
  ],
  [
    'of an agent that says to be external',
    (call) => ({ ...call, spec: { ...call.spec, provider: 'external' } }),
    keys,
    'is not signed',
  ],
])('%s: neither created nor woken', async (_what, made, known, why) => {
  const own = wake();
  const call = made(own);
  await expect(asActivity(() => over(known).createResource(call))).rejects.toMatchObject(forbidden(why));
  expect(await provider.list()).toEqual([]);
  // It was created when it was signed.
  await provider.create(call);
  await expect(asActivity(() => over(known).wakeResource(call))).rejects.toMatchObject(forbidden(why));
  expect(await provider.inspect(call)).toMatchObject({ state: 'stopped' });
  expect(existsSync(own.proof)).toBe(false);
  // It can be looked at and removed all the same.
  expect(await asActivity(() => over(known).destroyResource(call))).toEqual({ existed: true });
});

test('an agent of a provider that runs nothing here needs no signature, and no worker a key', () => {
  const call = { ...wake(), provider: 'external' as const };
  expect(() => admitSigned(undefined)(call)).not.toThrow();
  expect(() => admitSigned(undefined)({ ...call, provider: 'docker' })).toThrow('DROVER_SPEC_SECRET');
});

test('an agent is neither started nor configured with an unsigned specification', async () => {
  const calls = new Proxy(
    {},
    {
      get: () => {
        throw new Error('Temporal was asked');
      },
    },
  ) as Calls;
  const fleet = createFleetActivities({ calls, installation: INSTALLATION, host: 'here', admit: admitSigned(keys) });
  const { spec, key, resourceId } = wake();
  const input = {
    v: 1 as const,
    fleet: 'mars',
    agent: 'worker',
    incarnation: 'i',
    revision: 2,
    spec,
    key,
    resourceId,
    holds: [],
  };
  await expect(asActivity(() => fleet.ensureAgent(input))).rejects.toMatchObject({
    type: 'Forbidden',
    nonRetryable: true,
  });
});
