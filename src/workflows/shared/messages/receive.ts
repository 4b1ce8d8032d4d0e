/**
 * The only way to handle a signal. No signal may fail a workflow task: a malformed or refused signal goes to `ignore` with the reason,
 * and changes nothing.
 */
import type { SignalDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import { DroverError } from '../../../contract/errors';
import type { Parser } from '../../../rules/lib/parse';
import { errorBody } from '../failures';
import { createRefusalLog } from './decisions';

/** Records a message without effect: its name and the reason. */
export type Ignore = (what: string, why: string) => void;

/** Registers a handler for a signal with any argument. An asynchronous handler counts as unfinished work of the workflow until it ends. */
export function receive<M, T extends M>(
  signal: SignalDefinition<[M]>,
  parse: Parser<T>,
  apply: (message: T) => void | Promise<void>,
  ignore: Ignore,
): void {
  const logRefusal = createRefusalLog();
  const failed = (error: unknown): void => {
    const why = whyIgnored(error);
    logRefusal(`signal ${signal.name}`, why);
    ignore(signal.name, why);
  };
  setHandler(signal, (argument: unknown) => {
    try {
      return apply(parse(argument, signal.name))?.catch(failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  });
}

/** A refusal explains itself. Any other error is a defect of Drover, and the text says so. */
function whyIgnored(error: unknown): string {
  const { message } = errorBody(error);
  return error instanceof DroverError ? message : `it could not be handled: ${message}`;
}
