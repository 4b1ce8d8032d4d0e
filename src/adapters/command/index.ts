/** Makes an agent of a command line tool: it starts once a turn, with the prompt on its input. */
import type { TurnHandler } from '../../agent';
import type { CommandFormat } from '../../contract/agent';
import type { TurnReply, TurnRequest } from '../../contract/agent/turns';
import { oneLine, QUOTE_BYTES } from '../../contract/text';
import type { TurnUsage } from '../../contract/usage';
import { type ReadAnswer, readText, readValue } from '../answer';
import type { ChildEnvironment } from '../environment';
import { AgentFailure } from '../failure';
import { Kept } from '../fitting';
import { exitFailure } from '../program';
import { promptOf, repairPrompt } from '../prompt';
import type { Sessions } from '../sessions';
import { addedUsage } from '../usage';
import type { CliOutcome } from './format';
import { FORMATS } from './formats';
import { type CliEnd, runCli } from './run';

/** The command and its surroundings. `timeoutMs`: no limit of its own if undefined. */
export interface CommandSettings {
  readonly run: readonly string[];
  readonly format: CommandFormat;
  readonly cwd: string;
  readonly timeoutMs: number | undefined;
  readonly environment: ChildEnvironment;
  readonly sessions: Sessions;
}

/** How often a tool is asked again in one turn because its answer was not a valid reply. */
const REPAIRS = 2;
/** Characters at the end of stdout that may name the cause of an end. */
const CAUSE_BYTES = 64 * 1024;
/** An id that can stand on a command line: it does not look like an option, and has no control characters. */
const SESSION_ID = /^[^-\p{Cc}][^\p{Cc}]{0,511}$/u;
/** How tools say that they no longer have a session. */
const SESSION_LOST =
  /\bno (?:conversation|rollout|session|thread)\b[^\n]{0,60}\bfound\b|\b(?:session|thread|conversation)\b[^\n]{0,80}\b(?:not found|does not exist)\b/i;

/** The turns of a command. */
export function commandAdapter(settings: CommandSettings): TurnHandler {
  const { sessions } = settings;
  return (turn, signal) => sessions.alone(turn, () => takeTurn(turn, signal, settings));
}

async function takeTurn(turn: TurnRequest, signal: AbortSignal, settings: CommandSettings): Promise<TurnReply> {
  const whole = promptOf(turn, { means: 'block', ...settings.sessions.knows(turn) });
  let prompt = whole;
  let usage: TurnUsage | undefined;
  for (let repairs = 0; ; repairs += 1) {
    const answered = await ask(prompt, turn, signal, settings);
    usage = addedUsage(usage, answered.usage);
    const { read } = answered;
    if ('reply' in read) return usage === undefined ? read.reply : { usage, ...read.reply };
    if (repairs === REPAIRS) throw new AgentFailure(`its answer is not a valid reply: ${read.problem}`);
    // A tool without a session has forgotten what it was asked.
    const { continues } = settings.sessions.knows(turn);
    prompt = continues ? repairPrompt(read.problem) : `${whole}\n\n${repairPrompt(read.problem)}`;
  }
}

interface Answered {
  readonly read: ReadAnswer;
  readonly usage: TurnUsage | undefined;
}

async function ask(
  prompt: string,
  turn: TurnRequest,
  signal: AbortSignal,
  settings: CommandSettings,
): Promise<Answered> {
  const { sessions, cwd, timeoutMs, environment, run } = settings;
  const format = FORMATS[settings.format];
  const session = format.hasSessions ? sessions.get(turn) : undefined;
  const reader = format.read();
  const output = new Kept(CAUSE_BYTES);
  const take = (chunk: string): void => {
    output.add(chunk);
    reader.take(chunk);
  };
  const command = format.command(run, session);
  const end = await runCli({ command, cwd, env: environment.current, input: prompt, timeoutMs, take }, signal);
  const outcome = reader.outcome();
  if (session !== undefined && isLost(end, outcome)) {
    // Its files were removed, or it was made under another credential: the memory of the turn stays.
    sessions.forget(turn);
    return ask(promptOf(turn, { means: 'block', ...sessions.knows(turn) }), turn, signal, settings);
  }
  if (reader.session !== undefined) remember(reader.session, turn, sessions);
  return { read: readOutcome(outcome, end, output.text, turn, settings), usage: reader.usage };
}

/** A session with another id cannot be continued: the next turn begins one, and has the memory of its branch. */
function remember(session: string, turn: TurnRequest, sessions: Sessions): void {
  if (SESSION_ID.test(session)) return sessions.set(turn, session);
  console.error(
    `drover: its session is not continued, because of its id ${oneLine(JSON.stringify(session), QUOTE_BYTES)}`,
  );
  sessions.forget(turn);
}

function isLost(end: CliEnd, outcome: CliOutcome): boolean {
  const said = outcome.kind === 'failed' ? outcome.message : '';
  return end.code !== 0 && !end.timedOut && SESSION_LOST.test(`${said}\n${end.errors}`);
}

/** The answer in the output, or the failure that exit code and output tell. */
function readOutcome(
  outcome: CliOutcome,
  end: CliEnd,
  output: string,
  turn: TurnRequest,
  { timeoutMs = 0 }: CommandSettings,
): ReadAnswer {
  const isWhole = outcome.kind === 'text' && outcome.whole;
  if (end.timedOut && !isWhole)
    throw new AgentFailure(`it did not end within ${String(timeoutMs / 1_000)} s, and was killed`);
  if (outcome.kind === 'failed') throw new AgentFailure(outcome.message, { status: outcome.status });
  if (end.code !== 0 && !isWhole) throw exitFailure(end, end.errors, output);
  if (outcome.kind === 'unreadable') throw new AgentFailure(outcome.why);
  if (outcome.kind === 'value') return readValue(outcome.value, turn);
  return readText(outcome.text, turn, outcome.dropped);
}
