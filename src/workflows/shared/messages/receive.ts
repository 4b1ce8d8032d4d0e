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

/** Takes a message of any shape; one that cannot be read goes to the `Ignore` that it was made with. */
export type Door = (argument: unknown) => Promise<void> | undefined;
/** The doors of one receiver, by the name of the signal. */
export type Doors = ReadonlyMap<string, Door>;

/** Registers a handler for a signal with any argument. An asynchronous handler counts as unfinished work of the workflow until it ends. */
export function receive<M, T extends M>(
  signal: SignalDefinition<[M]>,
  parse: Parser<T>,
  apply: (message: T) => void | Promise<void>,
  ignore: Ignore,
): Door {
  const door = doorOf(signal, parse, apply, ignore);
  setHandler(signal, door);
  return door;
}

/** The handler of a signal, for `receive` and for senders in the same workflow. */
export function doorOf<M, T extends M>(
  signal: SignalDefinition<[M]>,
  parse: Parser<T>,
  apply: (message: T) => void | Promise<void>,
  ignore: Ignore,
): Door {
  const logRefusal = createRefusalLog();
  const failed = (error: unknown): void => {
    const why = whyIgnored(error);
    logRefusal(`signal ${signal.name}`, why);
    ignore(signal.name, why);
  };
  return (argument) => {
    try {
      return apply(parse(argument, signal.name))?.catch(failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  };
}

/** A refusal explains itself. Any other error is a defect of Drover, and the text says so. */
function whyIgnored(error: unknown): string {
  const { message } = errorBody(error);
  return error instanceof DroverError ? message : `it could not be handled: ${message}`;
}
