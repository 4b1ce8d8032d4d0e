/** The promises of every provider, faulty ones behind retries included. Each kind's test file runs it with a harness of its own. */
import type { ResourceCall } from '../../src/contract/activities';
import type { AgentSpec } from '../../src/contract/agent';
import type { Provider } from '../../src/providers/provider';
import { callFor, eventually, wakeOf } from './calls';

/** `patient` prints `up` and ends with 0 on SIGTERM; `stubborn` ignores it; `failing` prints `worst` and ends with 3. */
export type Behaviour = 'patient' | 'stubborn' | 'failing';

/** A provider with its outside world. */
export interface Harness {
  readonly installation: string;
  /** The provider as one more worker would have it, over the same world. */
  provider(): Provider;
  spec(behaviour: Behaviour): Omit<AgentSpec, 'name'>;
  /** How many instances of this key really run, seen from outside. */
  instances(call: ResourceCall): Promise<number>;
  /** Resolves when everything that was under way in the background has happened. */
  settled?(): Promise<void>;
}

/** A wait below the patience of a test, above the time that a container needs on a busy machine. */
const LIMIT_MS = 20_000;

/** `service`: an external service, which Drover neither suspends nor stops nor inspects, lists or reads; its promises are fewer. */
export function providerContract(name: string, harness: () => Harness, kind: 'machine' | 'service' = 'machine'): void {
  const { provider } = { provider: () => harness().provider() };
  const made: ResourceCall[] = [];

  afterEach(async () => {
    const all = made.splice(0);
    for (const call of all) await provider().destroy(call);
    await harness().settled?.();
    for (const call of all) expect(await harness().instances(call)).toBe(0);
  });

  function call(behaviour: Behaviour = 'patient', installation = harness().installation): ResourceCall {
    const fresh = callFor(installation, harness().spec(behaviour));
    made.push(fresh);
    return fresh;
  }

  async function created(behaviour: Behaviour = 'patient'): Promise<ResourceCall> {
    const fresh = call(behaviour);
    const { resourceId } = await provider().create(fresh);
    return { ...fresh, resourceId };
  }

  async function running(behaviour: Behaviour = 'patient'): Promise<ResourceCall> {
    const fresh = await created(behaviour);
    await provider().wake(wakeOf(fresh));
    if (kind === 'machine') await logged(fresh, 'up');
    return fresh;
  }

  async function logged(of: ResourceCall, text: string): Promise<void> {
    await eventually(`${text} is in the log`, async () => (await textOf(provider(), of)).includes(text) || undefined);
  }

  async function instances(of: ResourceCall): Promise<number> {
    await harness().settled?.();
    return harness().instances(of);
  }

  const refusal = { code: 'ProviderError', details: { permanent: true } };
  describe(`the contract of providers: ${name}`, () => {
    test('create finds what is there: one after another, at once, by another worker', async () => {
      const fresh = call();
      const ids = await Promise.all([1, 2, 3].map(async () => (await provider().create(fresh)).resourceId));
      ids.push((await provider().create(fresh)).resourceId);
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).not.toBe('');
    });

    test('wake starts one instance, however often and by any caller', async () => {
      const fresh = await created();
      await Promise.all([1, 2, 3].map(() => provider().wake(wakeOf(fresh))));
      await provider().wake(wakeOf(fresh));
      await provider().wake(wakeOf(fresh, 'instance-2'));
      expect(await instances(fresh)).toBe(1);
    });

    test('destroy ends what runs, by key alone, and may be repeated', async () => {
      const fresh = await running();
      const byKey = { ...fresh, resourceId: null };
      expect(await provider().destroy(byKey)).toEqual({ existed: true });
      expect(await instances(fresh)).toBe(0);
      await provider().destroy(fresh);
    });

    test('destroy of what never was succeeds', async () => {
      expect(await provider().destroy(call())).toEqual({ existed: false });
    });

    if (kind === 'service') return;

    test('wake of another instance ends what runs, and starts; one that is overtaken starts nothing', async () => {
      const fresh = await running();
      const before = await provider().inspect(fresh);
      await provider().wake(wakeOf(fresh, 'instance-2'));
      const after = await provider().inspect(fresh);
      expect(after).toMatchObject({ state: 'running', pid: expect.any(Number) as number });
      expect(after.pid).not.toBe(before.pid);
      expect(await provider().wake(wakeOf(fresh))).toEqual({ pid: null });
      expect(await provider().inspect(fresh)).toEqual(after);
      expect(await instances(fresh)).toBe(1);
    });

    test('a create or wake that lands after the destroy is refused', async () => {
      const gone = await created();
      await provider().destroy(gone);
      await expect(provider().create(gone)).rejects.toMatchObject(refusal);
      await expect(provider().wake(wakeOf(gone))).rejects.toMatchObject(refusal);
      const never = call();
      await provider().destroy(never);
      await expect(provider().create(never)).rejects.toMatchObject(refusal);
      expect(await instances(gone)).toBe(0);
    });

    test('destroy among creates and wakes leaves nothing', async () => {
      const fresh = await created();
      const wakes = [provider().wake(wakeOf(fresh)), provider().wake(wakeOf(fresh))];
      const others = Promise.allSettled([provider().create(fresh), ...wakes]);
      await provider().destroy(fresh);
      await others;
      expect(await instances(fresh)).toBe(0);
      expect(await provider().inspect(fresh)).toMatchObject({ state: 'absent' });
    });

    test('suspend and continue, each twice', async () => {
      const fresh = await running();
      const { pid } = await provider().inspect(fresh);
      await provider().suspend(fresh);
      await provider().suspend(fresh);
      expect(await provider().inspect(fresh)).toMatchObject({ state: 'paused', exitCode: null, pid });
      await provider().continue(fresh);
      await provider().continue(fresh);
      expect(await provider().inspect(fresh)).toMatchObject({ state: 'running', exitCode: null, pid });
    });

    test('an ended instance cannot be suspended', async () => {
      const fresh = await created('failing');
      await provider().wake(wakeOf(fresh));
      await ended(fresh);
      await expect(provider().suspend(fresh)).rejects.toMatchObject(refusal);
    });

    test('a polite stop, also of a suspended one, and again', async () => {
      const fresh = await running();
      await provider().suspend(fresh);
      await provider().stop(fresh, LIMIT_MS);
      expect(await provider().inspect(fresh)).toMatchObject({ state: 'exited', exitCode: 0, pid: null });
      expect(await instances(fresh)).toBe(0);
      await provider().stop(fresh, LIMIT_MS);
    });

    test('a stop that is not heard ends with a kill', async () => {
      const fresh = await running('stubborn');
      await provider().stop(fresh, 300);
      expect(await provider().inspect(fresh)).toMatchObject({ state: 'exited', exitCode: 137 });
      expect(await instances(fresh)).toBe(0);
    });

    test('stop of what never ran, or never was, is success', async () => {
      await provider().stop(await created(), 100);
      await provider().stop(call(), 100);
    });

    test('inspect tells absent, stopped, running, exited, and why', async () => {
      const fresh = call('failing');
      expect(await provider().inspect(fresh)).toEqual({ state: 'absent', exitCode: null, pid: null, detail: null });
      await provider().create(fresh);
      expect(await provider().inspect(fresh)).toEqual({ state: 'stopped', exitCode: null, pid: null, detail: null });
      await provider().wake(wakeOf(fresh));
      expect(await ended(fresh)).toEqual({
        state: 'exited',
        exitCode: 3,
        pid: null,
        detail: 'exited with code 3',
        log: 'worst',
      });
      const other = await running();
      expect(await provider().inspect(other)).toEqual({
        state: 'running',
        exitCode: null,
        pid: expect.any(Number) as number,
        detail: null,
      });
    });

    test('an instance that has ended is not started again, a new one is', async () => {
      const fresh = await created('failing');
      await provider().wake(wakeOf(fresh, 'a'));
      await ended(fresh);
      expect(await provider().wake(wakeOf(fresh, 'a'))).toEqual({ pid: null });
      await provider().wake(wakeOf(fresh, 'b'));
      await ended(fresh);
    });

    test('list shows what this installation has, and nothing else', async () => {
      const mine = await created();
      const gone = await created();
      await provider().destroy(gone);
      await provider().create(call('patient', 'foreign'));
      const { key, fleet, agent, resourceId } = mine;
      expect(await provider().list()).toEqual([
        { resourceId, key, fleet, agent, createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string },
      ]);
      await provider().wake(wakeOf(mine));
      expect(await provider().list()).toHaveLength(1);
    });

    test('logs: all, the last lines, and what comes', async () => {
      const fresh = await created('failing');
      await provider().wake(wakeOf(fresh));
      await ended(fresh);
      expect(await textOf(provider(), fresh)).toContain('worst\n');
      let tail = '';
      for await (const piece of provider().logs(fresh, { tail: 1 })) tail += Buffer.from(piece).toString('utf8');
      expect(tail).toBe('worst\n');
    });

    async function ended(of: ResourceCall) {
      return eventually('it has ended', async () => {
        const state = await provider().inspect(of);
        return state.state === 'exited' ? state : undefined;
      });
    }
  });
}

async function textOf(provider: Provider, call: ResourceCall): Promise<string> {
  let text = '';
  for await (const piece of provider.logs(call)) text += Buffer.from(piece).toString('utf8');
  return text;
}
