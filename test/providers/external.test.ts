import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExternalSpec } from '../../src/contract/agent';
import { agentToken } from '../../src/contract/agent/token';
import { ExternalProvider, type ExternalProviderOptions } from '../../src/providers/external';
import { resolveSecret } from '../../src/providers/secrets';
import { callFor, wakeOf } from './calls';
import { providerContract } from './contract';
import { ExternalService } from './external-service';
import { faulty, retrying } from './faulty';

let service: ExternalService;

beforeEach(async () => {
  service = await new ExternalService().listen();
});

describe('after each the service ends', () => {
  const options: ExternalProviderOptions = {
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment: { SERVICE_TOKEN: 'service-token' },
    callMs: 5_000,
  };

  function provider(change: Partial<ExternalProviderOptions> = {}): ExternalProvider {
    return new ExternalProvider({ ...options, ...change });
  }

  const external = (change: ExternalSpec = {}) => ({
    provider: 'external' as const,
    external: {
      create: `${service.url}/create`,
      wake: `${service.url}/wake`,
      destroy: `${service.url}/destroy`,
      secret: 'env:SERVICE_TOKEN',
      ...change,
    },
  });

  const world = {
    installation: 'ext',
    provider: () => provider(),
    spec: () => external(),
    instances: async ({ key }: { key: string }) => service.running.get(key)?.size ?? 0,
  };

  describe('its contract', () => {
    providerContract('external', () => world, 'service');
  });

  describe('its contract with faults', () => {
    const broken: { settled(): Promise<void> }[] = [];
    providerContract(
      'external that loses every first answer and is late every second',
      () => ({
        ...world,
        provider: () => {
          const worker = faulty(provider(), (_, n) => (['lose', 'late', undefined] as const)[(n - 1) % 3]);
          broken.push(worker);
          return retrying(worker);
        },
        settled: async () => {
          await Promise.all(broken.splice(0).map((worker) => worker.settled()));
        },
      }),
      'service',
    );
  });

  test('what a service is asked', async () => {
    const call = callFor('ext', external());
    const { resourceId } = await provider().create(call);
    await provider().wake({
      ...wakeOf({ ...call, resourceId }, 'i-1'),
      subscription: { pool: 'p', name: 'a', assignment: 2, secret: 'env:SUB_A' },
    });
    await provider().destroy({ ...call, resourceId });
    const { fleet, agent, key } = call;
    const authorization = 'Bearer service-token';
    const environment = {
      DROVER_GATEWAY: 'http://127.0.0.1:1',
      DROVER_FLEET: 'mars',
      DROVER_AGENT: 'worker',
      DROVER_TOKEN: agentToken('secret', 'mars', 'worker'),
      DROVER_INSTANCE: 'i-1',
      DROVER_KEY: call.key,
      DROVER_ASSIGNMENT: '2',
    };
    expect(resourceId).toBe('agent-1');
    expect(service.requests).toEqual([
      { path: '/create', authorization, idempotencyKey: key, body: { fleet, agent, key, resourceId: null } },
      {
        path: '/wake',
        authorization,
        idempotencyKey: `${key}/i-1`,
        body: { fleet, agent, key, resourceId, instanceId: 'i-1', environment },
      },
      { path: '/destroy', authorization, idempotencyKey: `${key}/destroy`, body: { fleet, agent, key, resourceId } },
    ]);
  });

  test('without a URL nothing is called', async () => {
    const call = callFor('ext', { provider: 'external', external: {} });
    expect(await provider().create(call)).toEqual({ resourceId: call.key });
    expect(await provider().wake(wakeOf(call))).toEqual({ pid: null });
    await provider().suspend();
    await provider().continue();
    await provider().stop();
    expect(await provider().inspect()).toMatchObject({ state: 'running', pid: null });
    expect(await provider().destroy(call)).toEqual({ existed: false });
    expect(service.requests).toEqual([]);
  });

  test.each([400, 401, 403, 404, 422, 301, 307])('%i is for good', async (status) => {
    service.disturb = () => ({ status, headers: { location: `${service.url}/elsewhere` }, text: 'no: service-token' });
    await expect(provider().create(callFor('ext', external()))).rejects.toMatchObject({
      code: 'ProviderError',
      details: { permanent: true },
      message: `mars/worker: create at ${service.url}/create answered ${String(status)}: no: ***`,
    });
    expect(service.requests.map(({ path }) => path)).toEqual(['/create']);
  });

  test('a service that tells what it was given tells no secret', async () => {
    const environment = { SERVICE_TOKEN: 'service-token', SUB_A: 'credential "of" a', OTHER_API_KEY: 'another-key' };
    const token = agentToken('secret', 'mars', 'worker');
    service.disturb = () => ({
      status: 500,
      text: `got ${token}, ${JSON.stringify(environment)} and credential "of" a`,
    });
    const subscription = { pool: 'p', name: 'a', assignment: 2, secret: 'env:SUB_A' };
    await expect(
      provider({ environment }).wake({ ...wakeOf(callFor('ext', external())), subscription }),
    ).rejects.toMatchObject({
      message: `mars/worker: wake at ${service.url}/wake answered 500: got ***, {"SERVICE_TOKEN":"***","SUB_A":"***","OTHER_API_KEY":"***"} and ***`,
    });
  });

  test.each([408, 429, 500, 502, 503])('%i passes', async (status) => {
    service.disturb = () => ({ status, headers: { 'retry-after': '3' } });
    await expect(provider().wake(wakeOf(callFor('ext', external())))).rejects.toMatchObject({
      details: { permanent: false, retryAfterMs: 3_000 },
    });
  });

  test('no answer, no connection, and an address that may not be called', async () => {
    service.disturb = () => 'hang';
    const slow = provider({ callMs: 100 }).create(callFor('ext', external()));
    await expect(slow).rejects.toMatchObject({
      message: expect.stringContaining('no answer within 0.1 s') as string,
      details: { permanent: false },
    });
    service.disturb = () => 'hang up';
    await expect(provider().create(callFor('ext', external()))).rejects.toMatchObject({
      details: { permanent: false },
    });
    const metadata = external({ create: 'http://169.254.169.254/create?key=hidden' });
    await expect(provider().create(callFor('ext', metadata))).rejects.toMatchObject({
      message: 'mars/worker: create at http://169.254.169.254/create: 169.254.169.254 is a link-local address',
      details: { permanent: true },
    });
  });

  test('a secret that is not there is named by its reference', async () => {
    const call = callFor('ext', external({ secret: 'env:NOT_SET' }));
    await expect(provider().create(call)).rejects.toMatchObject({
      details: { permanent: true },
      message: expect.stringContaining('env:NOT_SET') as string,
    });
    expect(service.requests).toEqual([]);
  });

  afterEach(() => service.close());
});

describe('secrets', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-secrets-'));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true });
    await service.close();
  });

  test('from the environment and from a file, without the last line break', async () => {
    writeFileSync(join(folder, 's'), 'from a file\n');
    expect(await resolveSecret('env:NAME', { NAME: 'from the environment' })).toBe('from the environment');
    expect(await resolveSecret(`file:${join(folder, 's')}`, {})).toBe('from a file');
  });

  test.each(['plain-text-secret', 'env:', 'env:MISSING', 'file:/no/such/file'])(
    '%s is refused, and not repeated if it is a secret itself',
    async (reference) => {
      const error: unknown = await resolveSecret(reference, {}).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'ProviderError', details: { permanent: true } });
      expect(String(error)).not.toContain('plain-text-secret');
    },
  );
});
