/** Signal handlers that nothing can upset: what cannot be read is ignored, and counted. */
import type { SignalDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import type { Parser } from '../../rules/parse';
import { errorBody } from './failures';

/** Handles a signal whose argument may be anything; `refuse` hears of what the parser does not take. */
export function receive<T>(
  signal: SignalDefinition<[never]>,
  parse: Parser<T>,
  apply: (message: T) => void,
  refuse: (what: string, why: string) => void,
): void {
  setHandler(signal as SignalDefinition<[unknown]>, (argument) => {
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
