/** The OpenAPI 3.1 description, from the same table and schemas that make and check the routes. */
import type { z } from 'zod';
import { type Call, CALLS, IDEMPOTENCY_KEY } from '../../contract/schemas/http';
import { problemResponses, problemsOf } from './problems';
import { createComponents, jsonSchemaOf, type Refer, type SchemaRef } from './schemas';

/** Builds the document. `version` is the product's. */
export function openApi(version: string): Record<string, unknown> {
  const { refer, schemas } = createComponents();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, call] of Object.entries<Call>(CALLS)) {
    paths[call.path] = { ...paths[call.path], [call.method.toLowerCase()]: operation(name, call, refer) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drover',
      version,
      description: 'Fleets of AI agents: beats, commands, changes and runs.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The gateway that serves this description' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: "An operator's token, or for its own calls an agent's" },
      },
      responses: problemResponses(refer),
      schemas: schemas(),
    },
  };
}

function operation(name: string, call: Call, refer: Refer): Record<string, unknown> {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return {
    operationId: name,
    summary: call.summary,
    ...(call.access === 'public' ? { security: [] } : {}),
    parameters: [
      ...parameters('path', call.params),
      ...parameters('query', call.query),
      ...parameters('header', call.headers),
      ...(call.keyed ? [IDEMPOTENCY] : []),
    ],
    ...(call.body ? { requestBody: requestBody(call, refer(call.body, `${title}Request`)) } : {}),
    responses: {
      ...success(call, refer(call.answer, `${title}Answer`)),
      ...problemsOf(call),
    },
  };
}

function requestBody({ consumes = ['application/json'], bodyOptional }: Call, schema: SchemaRef) {
  const content = Object.fromEntries(consumes.map((type) => [type, { schema: asWritten(type, schema) }]));
  return { required: bodyOptional !== true, content };
}

function success({ statuses = [200], produces, stream, alsoStream }: Call, schema: SchemaRef): Record<string, unknown> {
  const type = stream ? 'text/event-stream' : (produces ?? 'application/json');
  const types = alsoStream ? [type, 'text/event-stream'] : [type];
  const content = Object.fromEntries(types.map((each) => [each, { schema: asWritten(each, schema) }]));
  return Object.fromEntries(
    statuses.map((status) => [String(status), status === 204 ? NOTHING : { description: 'Done', content }]),
  );
}

const NOTHING = { description: 'Done, without a body' };

/** The schema of a body by media type. Lines and streams are text whose parts match the schema. */
function asWritten(type: string, schema: SchemaRef): SchemaRef | Record<string, unknown> {
  if (type === 'application/json') return schema;
  return { type: 'string', contentMediaType: 'application/json', contentSchema: schema };
}

const IDEMPOTENCY = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description: 'The same call with the same key gets the first answer; another call with it is refused (409)',
  schema: jsonSchemaOf(IDEMPOTENCY_KEY.schema),
} as const;

function parameters(place: 'path' | 'query' | 'header', schema: z.ZodType | undefined): unknown[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchemaOf(schema);
  return Object.entries(properties).map(([name, inner]) => ({
    in: place,
    name,
    required: required.includes(name),
    schema: inner,
  }));
}
