/**
 * The one way to take a signal. Nothing that arrives may fail a workflow's task: what cannot be read, and what no rule takes, is
 * handed to `ignore` with the reason, and changes nothing.
 */
import type { SignalDefinition } from '@temporalio/common';
import { setHandler } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import type { Parser } from '../../rules/lib/parse';
import { errorBody } from './failures';

/** Records a message that changed nothing, by its name, and why. */
export type Ignore = (what: string, why: string) => void;

/** Handles a signal whose argument may be anything. A handler that waits is unfinished work of the workflow until it has ended. */
export function receive<M, T extends M>(
  signal: SignalDefinition<[M]>,
  parse: Parser<T>,
  apply: (message: T) => void | Promise<void>,
  ignore: Ignore,
): void {
  const failed = (error: unknown): void => {
    ignore(signal.name, whyIgnored(error));
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

/** A refusal says itself what is wrong; anything else is a fault of Drover, and is called one. */
function whyIgnored(error: unknown): string {
  const { message } = errorBody(error);
  return error instanceof DroverError ? message : `it could not be handled: ${message}`;
}
