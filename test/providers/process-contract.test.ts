import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessProvider } from '../../src/providers/process';
import { type Harness, providerContract } from './contract';
import { type Fault, type Plan, faulty, retrying } from './faulty';
import { SCRIPTS } from './scripts';

const INSTALLATION = `contract${String(process.pid)}`;

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-contract-'));
});

afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

function plain(): ProcessProvider {
  const { PATH, HOME } = process.env;
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
  return new ProcessProvider({ stateDir, installation: INSTALLATION, environment: { PATH, HOME }, ...access });
}

const world: Harness = {
  installation: INSTALLATION,
  provider: plain,
  // The state directory is this test's own, so its name marks this test's processes.
  spec: (behaviour) => ({
    provider: 'process',
    process: { command: ['sh', '-c', SCRIPTS[behaviour], stateDir], cwd: stateDir },
  }),
  // Seen from outside: processes that became the agent's own command, among the children of shells that hold this key.
  instances: async ({ key }) => {
    const lines = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n');
    return lines.filter((line) => line.includes(`/${key}/`) && line.includes('_drover_word')).length;
  },
};

describe('a provider without faults', () => {
  providerContract('process', () => world);
});

const EVERY_FIRST: Record<string, Plan> = {
  'loses every first answer': (_, n) => (n % 3 === 1 ? 'lose' : undefined),
  'is late every first time': (_, n) => (n % 3 === 1 ? 'late' : undefined),
  'does everything twice': () => 'twice',
  'fails every first time': (_, n) => (n % 3 === 1 ? 'fail' : undefined),
};

describe.each(Object.entries(EVERY_FIRST))('a provider that %s', (name, plan) => {
  const worlds: { settled(): Promise<void> }[] = [];
  providerContract(`process that ${name}`, () => ({
    ...world,
    provider: () => {
      const broken = faulty(plain(), plan);
      worlds.push(broken);
      return retrying(broken);
    },
    settled: async () => {
      await Promise.all(worlds.splice(0).map((broken) => broken.settled()));
    },
  }));
});

describe('faults at random', () => {
  const faults: (Fault | undefined)[] = ['fail', 'lose', 'twice', 'late', undefined, undefined];
  test('twenty resources with random faults: one instance each, and nothing left after destroy', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const broken = faulty(plain(), () => faults[Math.floor(random() * faults.length)]);
    const provider = retrying(broken, 12);
    for (let index = 0; index < 20; index += 1) {
      const call = {
        fleet: 'mars',
        agent: 'worker',
        provider: 'process' as const,
        spec: { name: 'worker', ...world.spec('patient') },
        resourceId: null,
        key: `${INSTALLATION}.${String(seed)}.${String(index)}`,
      };
      await provider.create(call);
      await provider.wake({ ...call, instanceId: 'a', subscription: null });
      await broken.settled();
      expect({ seed, running: await world.instances(call) }).toEqual({ seed, running: 1 });
      await provider.destroy(call);
      await broken.settled();
      expect({ seed, running: await world.instances(call) }).toEqual({ seed, running: 0 });
    }
  });
});
