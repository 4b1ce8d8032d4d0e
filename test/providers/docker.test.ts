import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerProvider } from '../../src/providers/docker';
import { containerName, LABELS } from '../../src/providers/docker/container';
import { FakeGateway } from '../agent/gateway';
import { callFor, eventually, wakeOf } from './calls';
import { providerContract } from './contract';
import { type TestEngine, IMAGE, engineMissing, startEngine } from './engine';
import { faulty, retrying } from './faulty';
import { SCRIPTS } from './scripts';

const missing = engineMissing();
const INSTALLATION = `docker${String(process.pid)}`;
const ENVIRONMENT = { SUB_A: 'the-secret-of-a', HTTPS_PROXY: 'http://proxy:3128' };

// A container takes a second or so to start and to stop on two busy cores.

(missing === undefined ? describe : describe.skip)(
  `docker${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let engine: TestEngine;

    beforeAll(async () => {
      engine = await startEngine();
    });

    afterAll(async () => {
      await engine.stop();
    });

    function provider(installation = INSTALLATION, gatewayUrl = 'http://127.0.0.1:1'): DockerProvider {
      return new DockerProvider({
        installation,
        engine: engine.options,
        gatewayUrl,
        agentSecret: 'secret',
        environment: ENVIRONMENT,
      });
    }

    const spec = (script: string) => ({
      provider: 'docker' as const,
      docker: { image: IMAGE, command: ['sh', '-c', script], network: 'host' },
    });

    async function instances({ key }: { key: string }): Promise<number> {
      return (await engine.docker.listContainers({ filters: { label: [`${LABELS.key}=${key}`] } })).length;
    }

    const world = {
      installation: INSTALLATION,
      provider: () => provider(),
      spec: (behaviour: keyof typeof SCRIPTS) => spec(SCRIPTS[behaviour]),
      instances,
    };

    providerContract('docker', () => world);

    test('a check pulls an image if the engine cannot ask a registry, as Podman, and says why that fails', async () => {
      const { Components = [] } = await engine.docker.version();
      const isPodman = Components.some(({ Name }) => Name.startsWith('Podman'));
      // No registry listens at this port, so Docker learns nothing from it.
      const gone = '127.0.0.1:1/drover-test/gone';
      const checked = (image: string) =>
        provider().check({ fleet: 'f', agent: 'A', spec: { name: 'A', provider: 'docker', docker: { image } } });
      expect(await checked(IMAGE)).toEqual([]);
      const why = `the engine has no image ${gone}, and pulling it failed: `;
      const finding = { field: 'docker.image', why: expect.stringContaining(why) as string };
      expect(await checked(gone)).toEqual(isPodman ? [finding] : []);
    });

    test('reports the end of a container at once, and what ended before to the next watch; not what Drover stops', async () => {
      const watching = provider();
      const reported: string[] = [];
      const report = async ({ key, instanceId }: { key: string; instanceId: string }) => {
        reported.push(`${key} ${instanceId}`);
      };
      const failures: unknown[] = [];
      const warn = (error: unknown): void => {
        failures.push(error);
      };
      const first = watching.watch(report, warn);
      const calls = [1, 2, 3].map(() => callFor(INSTALLATION, spec(SCRIPTS.patient)));
      for (const call of calls) {
        await watching.create(call);
        await watching.wake(wakeOf(call));
      }
      const [killed, stopped, later] = calls.map(({ key }) => key);
      const kill = async (key: string) => {
        await engine.docker.getContainer(containerName(key)).kill({ signal: 'SIGKILL' });
      };
      await watching.stop(calls[1] ?? callFor(INSTALLATION, spec('')), 5_000);
      await kill(killed ?? '');
      await eventually('the end is reported', async () => reported.length > 0 || undefined);
      await first.stop();
      await kill(later ?? '');
      const second = provider().watch(report, warn);
      await eventually(
        'the other end is reported',
        async () => reported.includes(`${later ?? ''} instance-1`) || undefined,
      );
      await second.stop();
      for (const call of calls) await watching.destroy(call);
      // A new worker does not know who stopped a container.
      const ofOthers = reported.filter((one) => !one.startsWith(stopped ?? ''));
      expect({ first: reported[0], all: new Set(ofOthers), failures }).toEqual({
        first: `${killed ?? ''} instance-1`,
        all: new Set([`${killed ?? ''} instance-1`, `${later ?? ''} instance-1`]),
        failures: [],
      });
    });

    describe('with faults', () => {
      const broken: { settled(): Promise<void> }[] = [];
      providerContract('docker that loses every first answer and is late every second', () => ({
        ...world,
        provider: () => {
          const worker = faulty(provider(), (_, n) => (['lose', 'late', undefined] as const)[(n - 1) % 3]);
          broken.push(worker);
          return retrying(worker);
        },
        settled: async () => {
          await Promise.all(broken.splice(0).map((worker) => worker.settled()));
        },
      }));
    });

    test('the environment of an agent, its labels and its limits', async () => {
      const call = {
        ...callFor(INSTALLATION, { provider: 'docker' }),
        spec: {
          name: 'worker',
          provider: 'docker' as const,
          docker: {
            image: IMAGE,
            command: ['sh', '-c', 'env; sleep 1000'],
            env: { LETTERS: 'M', MODEL_KEY: 'env:SUB_A', TEXT: 'literal:env:SUB_A' },
            passEnv: ['HTTPS_PROXY', 'NOWHERE'],
            network: 'host',
            memory: '64m',
            cpus: 0.5,
          },
          subscription: { pool: 'p', inject: { env: 'API_KEY' } },
        },
      };
      const docker = provider();
      const { resourceId } = await docker.create(call);
      await docker.wake({
        ...wakeOf(call, 'i-7'),
        subscription: { pool: 'p', name: 'a', assignment: 3, secret: 'env:SUB_A' },
      });
      const found = await engine.docker.getContainer(resourceId).inspect();
      expect(found.Config.Env).toEqual(
        expect.arrayContaining([
          'LETTERS=M',
          'MODEL_KEY=the-secret-of-a',
          'TEXT=env:SUB_A',
          'HTTPS_PROXY=http://proxy:3128',
          'DROVER_FLEET=mars',
          'DROVER_AGENT=worker',
          'DROVER_INSTANCE=i-7',
          'DROVER_ASSIGNMENT=3',
          'API_KEY=the-secret-of-a',
        ]),
      );
      expect(found.HostConfig).toMatchObject({ Memory: 64 * 1024 * 1024, NanoCpus: 500_000_000 });
      expect(found.Config.Labels).toMatchObject({
        [LABELS.key]: call.key,
        [LABELS.installation]: INSTALLATION,
        [LABELS.agent]: 'worker',
      });
      await docker.destroy(call);
    });

    test('an agent in a container beats, freezes and goes on', async () => {
      const gateway = await new FakeGateway().listen();
      const docker = provider(INSTALLATION, gateway.url);
      const script = readFileSync(join(__dirname, '../../examples/shell/agent.sh'), 'utf8');
      const call = callFor(INSTALLATION, spec(script), 'Beater');
      await docker.create(call);
      await docker.wake(wakeOf(call));
      await gateway.beat(({ seq }) => seq === 2);
      await docker.suspend(call);
      const frozen = gateway.beats.length;
      expect(await docker.inspect(call)).toMatchObject({ state: 'paused' });
      await docker.continue(call);
      await eventually('it beats on', async () => gateway.beats.length > frozen || undefined);
      await docker.stop(call, 10_000);
      await gateway.beat(({ status }) => status === 'stopping');
      await docker.destroy(call);
      await gateway.close();
    });

    test('two state directories on one engine with the same fleet name: neither sees, adopts or collects what is the other’s', async () => {
      // The same fleet, incarnation, revision and agent: only the installation differs.
      const one = callFor('one', spec(SCRIPTS.patient));
      const two = { ...one, key: one.key.replace(/^one\./, 'two.') };
      const made = await provider('one').create(one);
      expect(await provider('two').inspect(two)).toMatchObject({ state: 'absent' });
      const other = await provider('two').create(two);
      expect(other.resourceId).not.toBe(made.resourceId);
      expect((await provider('one').list()).map(({ key }) => key)).toEqual([one.key]);
      expect((await provider('two').list()).map(({ key }) => key)).toEqual([two.key]);
      // As `drover gc` does, which knows no specification.
      const collected = { ...one, spec: { name: 'worker', provider: 'docker' as const } };
      expect(await provider('one').destroy(collected)).toEqual({ existed: true });
      expect(await provider('one').list()).toEqual([]);
      expect(await provider('two').inspect(two)).toMatchObject({ state: 'stopped' });
      await provider('two').destroy(two);
    });

    test('a program that the image does not have is named, for good', async () => {
      const call = {
        ...callFor(INSTALLATION, { provider: 'docker' }),
        spec: {
          name: 'worker',
          provider: 'docker' as const,
          docker: { image: IMAGE, command: ['no-such-program'], network: 'host' },
        },
      };
      const docker = provider();
      await docker.create(call);
      await expect(docker.wake(wakeOf(call))).rejects.toMatchObject({
        code: 'ProviderError',
        details: { permanent: true },
        message: expect.stringMatching(/mars\/worker: run "no-such-program": .*executable file not found/) as string,
      });
      expect(await docker.inspect(call)).toMatchObject({ state: 'stopped' });
      await docker.destroy(call);
    });

    test('an image that is nowhere is named', async () => {
      const call = {
        ...callFor(INSTALLATION, { provider: 'docker' }),
        spec: { name: 'worker', provider: 'docker' as const, docker: { image: 'localhost/no-such-image:1' } },
      };
      await expect(provider().create(call)).rejects.toMatchObject({
        code: 'ProviderError',
        message: 'mars/worker: the engine has no image localhost/no-such-image:1',
        details: { permanent: true, needs: 'preparation' },
      });
      const preparing = { signal: new AbortController().signal, progress: () => undefined };
      await expect(provider().prepare(call, preparing)).rejects.toMatchObject({
        code: 'ProviderError',
        message: expect.stringMatching(
          /mars\/worker: the engine has no image localhost\/no-such-image:1, and pulling it failed/,
        ) as string,
      });
      expect(await provider().destroy(call)).toEqual({ existed: false });
    });

    // A tombstone is a container of the same image, so the engine refuses that as well.
    test('what the engine refused to create, as its image has no proper name, can be destroyed', async () => {
      const call = {
        ...callFor(INSTALLATION, { provider: 'docker' }),
        spec: { name: 'worker', provider: 'docker' as const, docker: { image: 'Localhost/BB:la test' } },
      };
      await expect(provider().create(call)).rejects.toMatchObject({ code: 'ProviderError' });
      expect(await provider().destroy(call)).toEqual({ existed: false });
      expect(await instances(call)).toBe(0);
    });
  },
);

test('without an engine a call says so', async () => {
  const docker = new DockerProvider({
    installation: 'none',
    engine: { socketPath: '/no/such/engine.sock' },
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment: {},
  });
  const call = callFor('none', { provider: 'docker', docker: { image: IMAGE } });
  await expect(docker.create(call)).rejects.toMatchObject({
    code: 'ProviderError',
    details: { permanent: false },
    message: expect.stringContaining('no container engine answers') as string,
  });
});
