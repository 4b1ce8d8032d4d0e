/** Reads fields of values that a program wrote. */

/** A value of unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether the value is an object with keys. */
export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object in a field; an empty one if it has another type. */
export function recordIn(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isRecord(value) ? value : {};
}

/** The text in a field; undefined if it has another type. */
export function textIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

/** The number in a field, not below 0; undefined if it has another type. */
export function amountIn(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
