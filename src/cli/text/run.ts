/** Text of a run for people. */
import { errorInWords } from '../../contract/run/error-words';
import type { ReportedProgress } from '../../contract/agent/progress';
import type { BarrierRecord, BranchWait, LiveBranchRecord, RunView, TraceEntry } from '../../contract/run';
import type { LiveBarrier } from '../../contract/run/barrier';
import { wallClockMs } from '../../lib/clock';
import { colors, facts, table } from '../lib/output';
import { waitText } from '../../rules/run/waits';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import { when } from './age';
import { painted } from './paint';
import { seconds } from '../lib/progress';
import { troubleFacts } from './trouble';
import { usageFacts } from './usage';

/**
 * The text of `describe run`: the run, its branches as a tree with their durations, its barriers,
 * and its traced turns.
 */
export function runText(run: RunView): string {
  const paint = painted(colors());
  const { question, result, compensation } = run;
  const lines = facts([
    ['Run', `${run.fleet}/${run.run}`],
    ['State', paint(run.state)],
    ['Task', run.task === undefined ? '-' : oneLine(JSON.stringify(run.task), SHORT_BYTES)],
    ['Started', `${when(run.startedAt ?? null)}${run.startedBy ? ` by ${run.startedBy}` : ''}`],
    ['Ended', when(run.endedAt ?? null)],
    [
      'Question',
      question
        ? `${question.agent} asks: ${JSON.stringify(question.question)} (drover answer ${run.fleet}/${run.run} TEXT)`
        : '-',
    ],
    [
      'Answer',
      result === null
        ? '-'
        : result.success
          ? JSON.stringify(result.finalResponse)
          : `none: ${errorInWords(result.error)}`,
    ],
    ...usageFacts(run.usage),
    ...(compensation === null ? [] : [['Undo', undoLine(compensation)] as const]),
    ...troubleFacts(run.troubles),
  ]);
  const branches = inTree(run.branches).map((branch) => [
    `${'  '.repeat(depthOf(branch))}${branch.id}`,
    branch.agents.join(' > '),
    String(branch.turns),
    paint(branch.outcome),
    took(branch),
    branch.error ?? '',
  ]);
  return [
    lines,
    '',
    table(['BRANCH', 'AGENTS', 'TURNS', 'OUTCOME', 'TOOK', 'ERROR'], branches, ['TURNS', 'TOOK']),
    ...waitsText(run.waits ?? []),
    ...progressText(run.progress ?? []),
    ...openBarriersText(run.barriers ?? []),
    ...barriersText(result?.barriers ?? []),
    ...turnsText(result?.trace ?? []),
  ].join('\n');
}

function undoLine({ state, entries }: NonNullable<RunView['compensation']>): string {
  const each = entries.map(({ name, outcome, error }) => `${name} ${outcome}${error === null ? '' : ` (${error})`}`);
  return `${state}: ${each.join(', ')}`;
}

/** The waits of the open branches. */
function waitsText(waits: readonly BranchWait[]): string[] {
  if (waits.length === 0) return [];
  const rows = waits.map((wait) => [wait.branch, wait.agent, waitText(wait, wallClockMs())]);
  return ['', table(['WAITS', 'AGENT', 'WHY'], rows)];
}

/** The last progress that the agents reported of these turns. */
function progressText(progress: readonly ReportedProgress[]): string[] {
  if (progress.length === 0) return [];
  const rows = progress.map((said) => [said.turnId, said.agent, doneText(said), said.tool ?? '-', said.text ?? '-']);
  return ['', table(['TURN', 'AGENT', 'DONE', 'TOOL', 'PROGRESS'], rows, ['TOOL', 'DONE'])];
}

function doneText({ done, total }: ReportedProgress): string {
  const of = total === undefined ? '' : `/${String(total)}`;
  return done === undefined && total === undefined ? '-' : `${String(done ?? '?')}${of}`;
}

/** The barriers that are not decided yet. */
function openBarriersText(barriers: readonly LiveBarrier[]): string[] {
  if (barriers.length === 0) return [];
  const rows = barriers.map(({ branch, agent, arrived, failed, open, needed }) => [
    branch ?? '-',
    agent ?? 'the run',
    String(arrived.length),
    String(failed.length),
    String(needed),
    String(open),
    failed.map(({ from, error }) => `${from}: ${error}`).join('; ') || '-',
  ]);
  return ['', table(['BARRIER', 'OF', 'ARRIVED', 'FAILED', 'NEEDED', 'OPEN', 'WHY'], rows, ['OPEN'])];
}

/** Barriers in the order in which they were decided. The root's barrier has no agent. */
function barriersText(barriers: readonly BarrierRecord[]): string[] {
  if (barriers.length === 0) return [];
  const paint = painted(colors());
  const rows = barriers.map(({ branch, agent, arrived, failed, outcome }) => [
    branch ?? '-',
    agent ?? 'the run',
    paint(outcome),
    arrived.join(', ') || '-',
    failed.map(({ from, error }) => `${from}: ${error}`).join('; ') || '-',
  ]);
  return ['', table(['BARRIER', 'OF', 'OUTCOME', 'ARRIVED', 'FAILED'], rows, ['FAILED'])];
}

/** Every turn with its input and reply, in the order of the replies. */
export function turnsText(trace: readonly TraceEntry[]): string[] {
  return trace.flatMap(({ turnId, agent, input, reply }) => [
    '',
    `TURN ${turnId} of ${agent}`,
    `  input  ${JSON.stringify(input)}`,
    `  reply  ${JSON.stringify(reply)}`,
  ]);
}

/** A branch's id is its path: `0`, `0.1`, `0.1.0`. */
function pathOf({ id }: LiveBranchRecord): number[] {
  return id.split('.').map(Number);
}

function depthOf(branch: LiveBranchRecord): number {
  return pathOf(branch).length - 1;
}

/** Sorts parents before their children, and siblings in order. */
function inTree(branches: readonly LiveBranchRecord[]): LiveBranchRecord[] {
  return [...branches].sort((a, b) => {
    const [left, right] = [pathOf(a), pathOf(b)];
    const differs = left.findIndex((step, depth) => step !== right[depth]);
    return differs < 0 ? left.length - right.length : (left[differs] ?? 0) - (right[differs] ?? -1);
  });
}

function took({ startedAt, endedAt }: LiveBranchRecord): string {
  const until = endedAt === null ? wallClockMs() : Date.parse(endedAt);
  return seconds(Math.max(0, until - Date.parse(startedAt)));
}
