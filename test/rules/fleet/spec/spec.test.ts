import fc from 'fast-check';
import { DroverError } from '../../../../src/contract/errors';
import { applyRequestSchema } from '../../../../src/contract/schemas/fleet-file';
import { checkFleetSpec } from '../../../../src/client/fleets/fleet-validation';
import { applyRequest, fleetSpec } from '../../../../src/rules/fleet/spec/spec';
import { runs } from '../../../support/runs';

function read(value: unknown): { ok: true; value: unknown } | { ok: false; code: string; message: string } {
  try {
    return { ok: true, value: fleetSpec(value, 'spec') };
  } catch (error) {
    if (error instanceof DroverError) return { ok: false, code: error.code, message: error.message };
    throw error;
  }
}

/** Mostly a good value, now and then a bad one. */
const mostly = <T>(good: readonly T[], bad: readonly T[]) =>
  fc.oneof({ arbitrary: fc.constantFrom(...good), weight: 60 }, { arbitrary: fc.constantFrom(...bad), weight: 1 });
const count = mostly([1, 2, 3], [0, -1, 1.5]);
const optional = <T extends Record<string, fc.Arbitrary<unknown>>>(model: T) => fc.record(model, { requiredKeys: [] });
const name = mostly(['A', 'B', 'C', 'A-1', 'worker-1', 'x_9'], ['End', '9', '']);
const pool = mostly(['claude'], ['other']);
const duration = mostly(['500ms', '5s', '2m', '1h', '1.5s', '720h'], ['0s', '721h', '5', '1d']);
const liveness = optional({
  heartbeatEvery: duration,
  staleAfter: duration,
  startupGrace: duration,
  readyTimeout: duration,
  healthCheck: optional({ every: duration, timeout: duration, failures: count, debounce: duration }),
});
const restart = optional({
  on: fc.constantFrom('never', 'failure', 'always'),
  maxAttempts: count,
  window: duration,
  backoff: optional({ initial: duration, max: duration }),
});
const env = fc.dictionary(
  mostly(['A', 'B_1'], ['1X', '__proto__']),
  fc.oneof(
    fc.string({ maxLength: 3 }),
    mostly(['env:KEY', 'file:a', 'literal:env:1'], ['env:1', 'file:///a', '${KEY}']),
  ),
  { maxKeys: 2 },
);
const passEnv = fc.array(mostly(['HTTPS_PROXY', 'TZ'], ['1X', 'DROVER_SPEC_SECRET', 'TEMPORAL_API_KEY']), {
  maxLength: 2,
});
const command = fc.array(mostly(['node', 'a.mjs'], ['']), { minLength: 1, maxLength: 2 });
const url = mostly(['http://a.example/x', 'https://b.example'], ['ftp://c', 'http://user:pass@d']);
const secret = mostly(['env:KEY', 'file:a/b'], ['sk-123', 'env:1']);
const blocks = {
  process: fc.record({ command, cwd: mostly(['.'], ['']), env, passEnv }, { requiredKeys: ['command'] }),
  docker: fc.record(
    {
      image: mostly(
        ['i', 'r.example:5000/a/b-c:1', 'localhost/x@sha256:' + 'a1'.repeat(32)],
        ['', 'a b', 'X/y', 'a/B'],
      ),
      command,
      env,
      passEnv,
      memory: mostly(['512m'], ['much']),
      cpus: mostly([1, 0.5], [0]),
    },
    { requiredKeys: ['image'] },
  ),
  external: optional({ create: url, wake: url, destroy: url, secret }),
};
const agent = fc
  .record(
    {
      name,
      provider: fc.constantFrom('process' as const, 'docker' as const, 'external' as const),
      other: mostly([false], [true]),
      turns: optional({ maxParallel: count, queue: count, timeout: duration, unavailableTimeout: duration }),
      subscription: fc.record({ pool }),
      replicas: mostly([0, 1, 3], [-1, 1.5, 1_001]),
      liveness,
      restart,
    },
    { requiredKeys: ['name', 'provider', 'other'] },
  )
  .chain(({ other, ...rest }) =>
    blocks[other ? 'docker' : rest.provider].map((block) => ({ ...rest, [other ? 'docker' : rest.provider]: block })),
  );
const convergence = fc.oneof(
  mostly<string | number>(['strict', 'any', 0.5, 1], ['never', 2]),
  optional({ minRatio: mostly([0.5], [3]), quorum: count, terminateOrphans: fc.boolean(), timeout: duration }),
);
const spec = fc.record(
  {
    provisioning: optional({ maxConcurrent: count, onFailure: fc.constantFrom('rollback', 'keep'), timeout: duration }),
    liveness,
    restart,
    agents: fc.uniqueArray(agent, { selector: (item) => item.name, maxLength: 3 }),
    topology: fc.record(
      { flows: fc.constant(['Start -> A']), rules: fc.constant(['max_steps(3)']), convergence },
      { requiredKeys: ['flows'] },
    ),
    subscriptions: fc.uniqueArray(
      fc.record(
        {
          pool,
          credentials: fc.uniqueArray(fc.record({ name, secret }), {
            selector: (item) => item.name,
            minLength: 1,
            maxLength: 2,
          }),
          skipFor: duration,
          inject: fc.record({ env: mostly(['KEY'], ['1']) }),
          apply: fc.constantFrom('hot', 'restart'),
        },
        { requiredKeys: ['pool', 'credentials'] },
      ),
      { selector: (item) => item.pool, maxLength: 2 },
    ),
    notify: fc.array(
      fc.record({ url, events: fc.array(mostly(['agent.offline'], ['Agent'])) }, { requiredKeys: ['url'] }),
      { maxLength: 1 },
    ),
  },
  { requiredKeys: ['agents'] },
);

/** Puts a wrong value, an unknown key or nothing in some place of a JSON value. */
function damaged(value: unknown, steps: readonly number[], junk: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return junk;
  const keys = [...Object.keys(value), 'unknown'];
  const key = keys[step % keys.length] ?? 'unknown';
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? damaged(item, rest, junk) : (item as unknown)));
  return { ...value, [key]: damaged((value as Record<string, unknown>)[key], rest, junk) };
}

const junk = fc.constantFrom<unknown>(null, 7, -1, 0.5, '', 'x y', true, [], {}, [1], { a: 1 });
const anySpec = fc.oneof(
  spec,
  fc
    .tuple(spec, fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }), junk)
    .map(([value, steps, wrong]) => damaged(value, steps, wrong)),
);

test('property: the parser of the sandbox and the schema of the edges agree on every spec', () => {
  let accepted = 0;
  fc.assert(
    fc.property(anySpec, (value) => {
      const json: unknown = JSON.parse(JSON.stringify(value));
      const edge = checkFleetSpec(json);
      const sandbox = read(json);
      expect({ json, ok: sandbox.ok }).toEqual({ json, ok: edge.ok });
      if (sandbox.ok && edge.ok) {
        accepted += 1;
        expect(sandbox.value).toEqual(edge.value);
        expect(sandbox.value).toEqual(json);
      }
    }),
    { numRuns: runs(3_000) },
  );
  // One in fifteen on average: a tenth of the cases may have only a few.
  expect(accepted).toBeGreaterThan(runs(3_000) === 3_000 ? 100 : 0);
});

test('property: so they do on the whole message', () => {
  const small = fc.constantFrom<unknown>({ agents: [] }, { agents: [{ name: 'A', provider: 'external' }] }, {}, null);
  const message = fc.record(
    {
      spec: small,
      expectRevision: fc.constantFrom<unknown>(0, 3, -1, 1.5, '3'),
      requestId: fc.constantFrom<unknown>('r-1', 5),
      dryRun: fc.constantFrom<unknown>(true, 'yes'),
      more: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(message, (value) => {
      let sandbox = true;
      try {
        applyRequest(value, 'apply');
      } catch {
        sandbox = false;
      }
      expect(sandbox).toBe(applyRequestSchema.safeParse(value).success);
    }),
  );
});

test('the provider of tests is refused in a fleet file, and known to the sandbox', () => {
  const memory = { agents: [{ name: 'A', provider: 'memory' }] };
  expect(checkFleetSpec(memory)).toMatchObject({
    ok: false,
    problems: [
      { path: ['agents', 0, 'provider'], message: 'unknown provider "memory"; known are process, docker, external' },
    ],
  });
  expect(read(memory).ok).toBe(true);
});

test('duplicate names are refused in the sandbox too, with the exact message', () => {
  const worker = { name: 'worker', provider: 'external' };
  expect(read({ agents: [worker, worker] })).toEqual({
    ok: false,
    code: 'InvalidFleet',
    message: 'spec.agents.1.name: Duplicate agent names not allowed: [worker]. Each agent must have a unique name.',
  });
});
