/** Texts, lists and numbers of the fleet file. */
import { z } from 'zod';
import { FLEET_LIMITS, SECRET_PATTERN, URL_PATTERN } from '../values/patterns';

/** A text of the file. */
export const line = z.string().max(FLEET_LIMITS.text);

/** A text that is not empty. */
export const filled = line.min(1, 'is empty');

/** A text of a pattern; `expected` says which. */
export const pattern = (regex: RegExp, expected: string) => line.regex(regex, `expected ${expected}`);

/** A reference to a secret. */
export const secret = pattern(
  SECRET_PATTERN,
  'a reference such as env:NAME or file:path, never the secret itself',
).meta({ title: 'reference' });

/** An http or https URL. */
export const url = pattern(URL_PATTERN, 'an http or https URL without credentials').meta({ title: 'URL' });

/** A whole number. */
export const whole = (min: number, max: number) => z.int().min(min).max(max);

/** A list that is not empty. */
export const some = <T extends z.ZodType>(item: T) =>
  z.array(item).min(1, 'needs at least one item').max(FLEET_LIMITS.items);
