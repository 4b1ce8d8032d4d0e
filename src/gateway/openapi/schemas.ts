/** The schemas of the description. Each has a name, so that generated clients have named types. */
import { z } from 'zod';
import {
  addressedHeartbeatSchema,
  commandSchemas,
  failureReportSchema,
  heartbeatSchema,
} from '../../contract/schemas/agents';
import { jsonSchema } from '../../contract/schemas/fields';
import { fleetFileSchema, fleetSpecSchema } from '../../contract/schemas/fleet-file';
import { scriptSchema } from '../../contract/schemas/scenario';
import { topologySchema } from '../../contract/schemas/topology';
import * as views from '../../contract/schemas/views';

/** A reference to a named schema. */
export interface SchemaRef {
  readonly $ref: string;
}

/** Refers to a schema by its own name, else by the given one. */
export type Refer = (schema: z.ZodType, name: string) => SchemaRef;

type JsonSchema = Record<string, unknown> & {
  readonly properties?: Record<string, unknown>;
  readonly required?: readonly string[];
};

const NAMED: Readonly<Record<string, z.ZodType>> = {
  Json: jsonSchema,
  AgentView: views.agentViewSchema,
  AgentListItem: views.agentListItemSchema,
  CommandResult: views.commandResultSchema,
  BeatAnswer: views.beatAnswerSchema,
  BeatLineAnswer: views.lineAnswerSchema,
  Heartbeat: heartbeatSchema,
  AddressedHeartbeat: addressedHeartbeatSchema,
  FailureReport: failureReportSchema,
  FleetFile: fleetFileSchema,
  FleetSpec: fleetSpecSchema,
  FleetView: views.fleetViewSchema,
  FleetListItem: views.fleetListItemSchema,
  ApplyResult: views.applyResultSchema,
  ChangeView: views.changeViewSchema,
  Topology: topologySchema,
  Script: scriptSchema,
  RunView: views.runViewSchema,
  RunResult: views.runResultSchema,
  RunListItem: views.runListItemSchema,
  Inbox: views.inboxSchema,
  PoolView: views.poolViewSchema,
  PoolListItem: views.poolListItemSchema,
  Event: views.eventSchema,
  Problem: views.problemSchema,
  ...Object.fromEntries(
    Object.entries(commandSchemas).map(([command, schema]) => [
      `${command.charAt(0).toUpperCase()}${command.slice(1)}Request`,
      schema,
    ]),
  ),
};

/** Options for writing zod's schemas as JSON Schema. */
const WRITING = {
  io: 'input',
  unrepresentable: 'any',
  override({ zodSchema, jsonSchema }: { readonly zodSchema: z.core.$ZodType; readonly jsonSchema: JsonSchema }): void {
    const described = z.globalRegistry.get(zodSchema)?.['described'];
    if (typeof described !== 'object' || described === null) return;
    for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
    Object.assign(jsonSchema, described);
  },
} as const;

/** One schema as inline JSON Schema. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return bare(z.toJSONSchema(schema, WRITING));
}

/**
 * The components of one description: `refer` names a schema, `schemas` writes all named schemas.
 */
export function createComponents(): { readonly refer: Refer; readonly schemas: () => Record<string, JsonSchema> } {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const uri = (id: string): string => `#/components/schemas/${id}`;
  return {
    refer(schema, name) {
      if (!registry.has(schema)) registry.add(schema, { id: name });
      return { $ref: uri(registry.get(schema)?.id ?? name) };
    },
    schemas() {
      const { schemas } = z.toJSONSchema(registry, { ...WRITING, uri });
      return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)]));
    },
  };
}

/** Removes the fields that only a standalone document needs. */
function bare({ $schema: _dialect, $id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
