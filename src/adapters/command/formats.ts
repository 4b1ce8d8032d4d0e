/** The formats of commands: how their output is read, and how they continue a session. */
import type { CommandFormat } from '../../contract/agent';
import { describeProblem, readJson } from '../../contract/values/json';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import { Kept } from '../fitting';
import { claudeFormat } from './claude';
import { codexFormat } from './codex';
import type { CliOutcome, Format } from './format';

const text: Format = {
  hasSessions: false,
  command: (run) => [...run],
  read: () => {
    const kept = new Kept();
    return {
      take: (chunk) => kept.add(chunk),
      outcome: () => ({ kind: 'text', text: kept.text, dropped: kept.dropped, whole: false }),
    };
  },
};

const json: Format = {
  hasSessions: false,
  command: (run) => [...run],
  read: () => {
    const kept = new Kept();
    return { take: (chunk) => kept.add(chunk), outcome: () => jsonOutcome(kept) };
  },
};

function jsonOutcome({ text: output, dropped }: Kept): CliOutcome {
  if (dropped > 0) return { kind: 'unreadable', why: 'it printed more than 1 MiB of JSON' };
  const read = readJson(output);
  if ('value' in read) return { kind: 'value', value: read.value };
  if ('problem' in read) return { kind: 'unreadable', why: describeProblem(read.problem, 'its output') };
  const shown = output.trim() === '' ? 'nothing' : oneLine(output, SHORT_BYTES);
  return { kind: 'unreadable', why: `it printed no JSON but: ${shown}` };
}

/** The formats by name. */
export const FORMATS: Readonly<Record<CommandFormat, Format>> = {
  text,
  json,
  claude: claudeFormat,
  codex: codexFormat,
};
