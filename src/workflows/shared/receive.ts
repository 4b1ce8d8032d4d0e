/** Signal handlers that nothing can upset: what cannot be read is in the history, and changes nothing. */
import type { SignalDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import type { Parser } from '../../rules/parse';
import { errorBody } from './failures';

/** Handles a signal whose argument may be anything; `refuse` hears of what the parser does not take. */
export function receive<M, T extends M>(
  signal: SignalDefinition<[M]>,
  parse: Parser<T>,
  apply: (message: T) => void,
  refuse: (what: string, why: string) => void = () => undefined,
): void {
  setHandler(signal, (argument: unknown) => {
    let message: T;
    try {
      message = parse(argument, signal.name);
    } catch (error) {
      refuse(signal.name, errorBody(error).message);
      return;
    }
    apply(message);
  });
}
