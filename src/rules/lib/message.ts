/** Parsers of messages that a person may send by hand: one plain JSON object. A refusal shows the right shape. */
import { DroverError } from '../../contract/errors';
import { type Fields, object, type Parsed, type Parser } from './parse';

/** Fields that only Drover's own tests set. */
const OF_TESTS: readonly string[] = ['continueAfterEvents', 'agentsPerPart', 'mostEvents'];

/** The shape of an object in words: `{instanceId, seq?, status}`, where `?` marks what may be absent. */
export function shapeOf(fields: Fields): string {
  const names = Object.entries(fields)
    .filter(([name]) => !OF_TESTS.includes(name))
    .map(([name, field]) => (typeof field === 'function' ? (name === 'v' ? 'v: 1' : name) : `${name}?`));
  return `{${names.join(', ')}}`;
}

/**
 * An object with exactly these fields, as `object`. Its error ends with the shape of the whole:
 * `pause.mode: expected one of drain, freeze, got 7; pause takes {hold?, reason?, mode?}`.
 */
export function message<const F extends Fields>(fields: F): Parser<Parsed<F>> {
  return shaped(object(fields), shapeOf(fields));
}

/** The parser, with this shape at the end of its errors. */
export function shaped<T>(read: Parser<T>, shape: string): Parser<T> {
  return (value, path) => {
    try {
      return read(value, path);
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      throw new DroverError(error.code, `${error.message}; ${path} takes ${shape}`, error.details, { cause: error });
    }
  };
}
