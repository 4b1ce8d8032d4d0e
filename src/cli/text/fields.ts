/** The reference of the fleet file, made from its JSON Schema (docs/fleet-file.md). */
import type { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

/** Objects that have a table of their own: the heading, and what the table is about. */
const TABLES: readonly (readonly [path: string, heading: string])[] = [
  ['', 'The file'],
  ['spec', 'spec'],
  ['spec.agents[]', 'An agent'],
  ['spec.agents[].adapter', 'An adapter'],
  ['spec.liveness', 'liveness'],
  ['spec.restart', 'restart'],
  ['spec.topology', 'topology'],
  ['spec.subscriptions[]', 'A pool'],
  ['spec.notify[]', 'A webhook of notify'],
];

/** Fields that appear in several places: they lead to the table of the first one. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'spec.agents[].liveness': 'spec.liveness',
  'spec.agents[].restart': 'spec.restart',
  'spec.agents[].notify[]': 'spec.notify[]',
};

/** One line of a table. */
export interface FieldRow {
  /** The place from the root, with `[]` for the items of a list. */
  readonly path: string;
  readonly required: boolean;
  readonly schema: Schema;
}

/** Every field below an object, in the order of the schema. */
export function fieldsOf(schema: Schema, path = ''): FieldRow[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    if (typeof inner === 'boolean') return [];
    const at = path === '' ? name : `${path}.${name}`;
    const row = { path: at, required: schema.required?.includes(name) === true, schema: inner };
    return [row, ...objectsOf(inner, at).flatMap(([place, object]) => fieldsOf(object, place))];
  });
}

/** The objects in a field: itself, the items of a list, the alternatives of a union. */
function objectsOf(schema: Schema, path: string): [string, Schema][] {
  if (schema.properties) return [[path, schema]];
  const { items, anyOf = [] } = schema;
  if (items && typeof items === 'object' && !Array.isArray(items)) return objectsOf(items, `${path}[]`);
  return anyOf.flatMap((alternative) => (typeof alternative === 'boolean' ? [] : objectsOf(alternative, path)));
}

/** The tables of all fields, in Markdown. */
export function fieldTables(schema: Schema): string {
  const rows = fieldsOf(schema);
  return TABLES.map(([path, heading]) => {
    const own = rows.filter((row) => tableOf(row.path) === path);
    const lines = own.map((row) => line(row, path));
    return [
      `### ${heading}`,
      '',
      '| field | type | default | example | description |',
      '| --- | --- | --- | --- | --- |',
      ...lines,
    ].join('\n');
  }).join('\n\n');
}

/** The table that a field belongs to: that of the closest object around it. */
function tableOf(path: string): string | null {
  if (Object.keys(ELSEWHERE).some((other) => path.startsWith(`${other}.`))) return null;
  const around = TABLES.map(([place]) => place).filter((place) => place === '' || path.startsWith(`${place}.`));
  return around.sort((one, other) => other.length - one.length)[0] ?? '';
}

function line({ path, required, schema }: FieldRow, table: string): string {
  const field = table === '' ? path : path.slice(table.length + 1);
  const fallback = required ? 'required' : schema.default === undefined ? '–' : code(schema.default);
  const example = schema.examples?.[0] === undefined ? '' : code(schema.examples[0]);
  return `| \`${field}\` | ${typeOf(schema)} | ${fallback} | ${example} | ${escaped(schema.description ?? '')}${leadOf(path)} |`;
}

/** Where the fields of this one are described, if it has a table of its own. */
function leadOf(path: string): string {
  const place = [path, `${path}[]`].map((each) => ELSEWHERE[each] ?? each);
  const table = TABLES.find(([own]) => own !== '' && place.includes(own));
  return table ? ` See [${table[1]}](#${table[1].toLowerCase().replaceAll(' ', '-')}).` : '';
}

function typeOf(schema: Schema): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (schema.anyOf) return schema.anyOf.map((each) => (typeof each === 'boolean' ? '' : typeOf(each))).join(' or ');
  const { items, minimum, maximum } = schema;
  switch (schema.type) {
    case 'array':
      return `list of ${items && typeof items === 'object' && !Array.isArray(items) ? typeOf(items) : 'values'}`;
    case 'integer':
      return `whole number, ${String(minimum)} to ${String(maximum)}`;
    case 'number':
      return `number, ${String(minimum)} to ${String(maximum)}`;
    case 'boolean':
      return '`true`, `false`';
    case 'object':
      return schema.properties ? 'object' : 'map of text to text';
    default:
      return 'text';
  }
}

/** A value as one writes it in the file. */
function code(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value).replaceAll('","', '", "');
  return `\`${escaped(text)}\``;
}

/** Text of a table's cell. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
