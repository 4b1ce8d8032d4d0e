/** Reads names, durations and values from the command line. */
import { hostname, userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import type { AgentRef, RunRef } from '../../client';
import { durationMs } from '../../contract/values/duration';
import { DroverError } from '../../contract/errors';
import { describeProblem, readJson } from '../../contract/values/json';
import { NAME_PATTERN, NAME_RULE } from '../../contract/names';
import { environment } from '../../config';
import { ORIGIN_LENGTH } from '../../contract/caller/origin';
import { hasCode } from '../../lib/error-code';

/** The word of a command line that names its command. */
export function commandWord(words: readonly string[]): string | undefined {
  return words.find((word) => !word.startsWith('-') && word !== 'help');
}

/** Reads `fleet/agent`. */
export function agentRef(text: string): AgentRef {
  const [fleet, agent] = pair(text, 'an agent is named fleet/agent');
  return { fleet, agent };
}

/** Reads `fleet/run`. */
export function runRef(text: string): RunRef {
  const [fleet, run] = pair(text, 'a run is named fleet/run');
  return { fleet, run };
}

/** Checks a full name with its reader, and returns it as it is written. */
export function fullName(read: (text: string) => AgentRef | RunRef): (text: string) => string {
  return (text) => {
    read(text);
    return text;
  };
}

/** Reads the name of a fleet, a pool or a new run. */
export function plainName(text: string): string {
  if (NAME_PATTERN.test(text)) return text;
  throw new DroverError('InvalidRequest', `invalid name "${text}": use ${NAME_RULE}`);
}

function pair(text: string, expected: string): [string, string] {
  const [first, second, ...rest] = text.split('/');
  const valid =
    first !== undefined &&
    second !== undefined &&
    rest.length === 0 &&
    NAME_PATTERN.test(first) &&
    NAME_PATTERN.test(second);
  if (!valid) throw new DroverError('InvalidRequest', `"${text}": ${expected}`);
  return [first, second];
}

/** Reads a duration, in milliseconds. */
export function parseDurationMs(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 500ms, 5s, 2m or 1h.');
  return ms;
}

/**
 * An option that is a duration, in milliseconds. Help shows its default as a user would write it.
 */
export function durationOption(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description).argParser(parseDurationMs).default(parseDurationMs(otherwise), otherwise);
}

/** Checks a duration and returns it as it is written. */
export function parseDuration(text: string): string {
  parseDurationMs(text);
  return text;
}

/**
 * The option that makes a command safe to repeat, as `Idempotency-Key` does over HTTP; the client
 * checks its value.
 */
export function requestIdOption(): Option {
  return new Option('--request-id <id>', 'the same id again is the same request');
}

/** The request id as an option of the client; nothing if none was given. */
export function requestOf({ requestId }: { readonly requestId?: string }): { readonly requestId?: string } {
  return requestId === undefined ? {} : { requestId };
}

/** Who gives a command at this command line, for audits: `DROVER_USER`, else the user of the machine. */
export function originHere(): { readonly by: string; readonly from: string } {
  const named = environment()['DROVER_USER']?.trim();
  const by = named === undefined || named === '' ? userHere() : named;
  return { by: by.slice(0, ORIGIN_LENGTH), from: hostname().slice(0, ORIGIN_LENGTH) };
}

/** A container may run under a number that has no name. */
function userHere(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return `uid ${String(process.getuid?.())}`;
  }
}

/** The request of a command at this command line: its id, and who gives it. */
export function commandOf(flags: { readonly requestId?: string }): ReturnType<typeof originHere> & {
  readonly requestId?: string;
} {
  return { ...originHere(), ...requestOf(flags) };
}

/** Reads a whole number. */
export function parseWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** Reads a TCP port. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('Expected a port from 1 to 65535.');
  return port;
}

/** Reads the number of items that a list may have. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return Number(text);
}

/**
 * Reads a task or an answer: JSON if it is valid JSON, else plain text. `InvalidRequest` for JSON
 * that would change on its way.
 */
export function jsonOrText(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return text;
  const read = readJson(text);
  if ('value' in read) return read.value;
  if ('syntax' in read) return text;
  throw new DroverError('InvalidRequest', describeProblem(read.problem, 'the value'));
}
