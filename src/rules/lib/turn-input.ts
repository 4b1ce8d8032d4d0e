/** Reads what a turn is given. */
import type { TurnInput } from '../../contract/agent/turns';
import * as parse from './parse';

const INPUT_KINDS = ['task', 'request', 'results', 'answer', 'invalid'] as const;

/** The input of a turn. Only its kind is checked here, because the agent reads the rest. */
export const turnInput: parse.Parser<TurnInput> = (value, path) => {
  if (!parse.isRecord(value)) return parse.invalid(path, 'expected an object');
  parse.oneOf(...INPUT_KINDS)(value['kind'], `${path}.kind`);
  return value as TurnInput;
};
