import { fleetFileJsonSchema, fleetFileSchema } from '../../../src/contract/schemas/fleet-file';

test('the JSON Schema names every field, refuses unknown ones, and asks for the block of a provider', () => {
  const schema = fleetFileJsonSchema() as {
    $schema: string;
    properties: { spec: { properties: Record<string, unknown> & { agents: { items: Record<string, unknown> } } } };
    required: string[];
    additionalProperties: boolean;
  };
  expect(schema.$schema).toContain('2020-12');
  expect(schema.required).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
  expect(schema.additionalProperties).toBe(false);
  const { agents, ...rest } = schema.properties.spec.properties;
  expect(Object.keys(rest)).toEqual([
    'provisioning',
    'liveness',
    'restart',
    'topology',
    'subscriptions',
    'notify',
    'inbox',
  ]);
  expect(agents.items['additionalProperties']).toBe(false);
  const program = { required: ['process'], properties: { process: { required: ['command'] } } };
  expect(agents.items['allOf']).toEqual([
    {
      if: { properties: { provider: { const: 'process' } }, required: ['provider'] },
      then: { anyOf: [{ required: ['adapter'] }, program] },
    },
    {
      if: { properties: { provider: { const: 'docker' } }, required: ['provider'] },
      then: { required: ['docker'] },
    },
  ]);
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test('the schema is strict at every level', () => {
  const agent = { name: 'A', provider: 'process', process: { command: ['x'], extra: 1 }, turns: { extra: 1 } };
  const file = {
    apiVersion: 'drover/v1',
    kind: 'Fleet',
    metadata: { name: 'm', extra: 1 },
    spec: { agents: [agent] },
    extra: 1,
  };
  const result = fleetFileSchema.safeParse(file);
  expect(result.error?.issues.map(({ code, path }) => `${code} ${path.join('.')}`).sort()).toEqual([
    'unrecognized_keys ',
    'unrecognized_keys metadata',
    'unrecognized_keys spec.agents.0.process',
    'unrecognized_keys spec.agents.0.turns',
  ]);
});
