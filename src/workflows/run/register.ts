/** The shape of a run's commands, for the files that register them. */
import type { UpdateDefinition } from '@temporalio/common';
import type { Origin } from '../../contract/caller/origin';
import type { RunView } from '../../contract/run';
import type { Parser } from '../../rules/lib/parse';

/** One command. */
export interface Command<T> {
  readonly description: string;
  /** Throws the refusal. */
  refuse(argument: T): void;
  apply(argument: T): void;
}

/** Registers one command of a run. */
export type RegisterCommand = <T extends Origin & { readonly requestId?: string }>(
  update: UpdateDefinition<RunView, [T]>,
  parse: Parser<T>,
  command: Command<T>,
) => void;
