/** The description of the HTTP interface, from the same table as its routes. */
import { z } from 'zod';
import { type Call, CALLS, IDEMPOTENCY_KEY } from '../contract/schemas/http';

/** OpenAPI 3.1, whose schemas are JSON Schema as zod writes it. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, call] of Object.entries<Call>(CALLS)) {
    paths[call.path] = { ...paths[call.path], [call.method.toLowerCase()]: operation(name, call) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Drover', version, description: 'Fleets of AI agents: beats, commands, changes and runs.' },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: {
        problem: {
          description: 'Not done; `code` says why (RFC 9457)',
          content: { 'application/problem+json': { schema: PROBLEM } },
        },
      },
    },
  };
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
    details: { type: 'object' },
  },
} as const;

function operation(name: string, call: Call): Record<string, unknown> {
  const changes = call.method !== 'GET' && call.access === 'operator';
  return {
    operationId: name,
    summary: call.summary,
    ...(call.access === 'public' ? {} : { security: [{ token: [] }] }),
    parameters: [
      ...parameters('path', call.params),
      ...parameters('query', call.query),
      ...parameters('header', call.headers),
      ...(changes
        ? [{ in: 'header', name: IDEMPOTENCY_KEY.header, required: false, schema: schemaOf(IDEMPOTENCY_KEY.schema) }]
        : []),
    ],
    ...(call.body ? { requestBody: { content: { 'application/json': { schema: schemaOf(call.body) } } } } : {}),
    responses: {
      [String(call.status ?? 200)]: {
        description: 'Done',
        content: { [call.stream ? 'text/event-stream' : 'application/json']: { schema: schemaOf(call.answer) } },
      },
      default: { $ref: '#/components/responses/problem' },
    },
  };
}

function parameters(place: 'path' | 'query' | 'header', schema: z.ZodType | undefined): unknown[] {
  if (!(schema instanceof z.ZodObject)) return [];
  const { properties = {}, required = [] } = schemaOf(schema) as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, inner]) => ({
    in: place,
    name,
    required: required.includes(name),
    schema: inner,
  }));
}

function schemaOf(schema: z.ZodType): unknown {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
