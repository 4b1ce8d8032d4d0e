/** Follows a change of a fleet to its end, for `apply`, `destroy` and `up`. */
import type { DroverClient, FollowOptions } from '../../client';
import { DroverError } from '../../contract/errors';
import type {
  AgentProgress,
  ApplyResult,
  ChangeView,
  PlannedChange,
  PlannedDifference,
  PlanResult,
} from '../../contract/fleet';
import { untilInterrupted } from './interrupt';
import { Progress } from './progress';

const ENDED: readonly AgentProgress['step'][] = ['ready', 'updated', 'deleted', 'failed', 'undone'];

/**
 * How to follow. `good` is the state that counts as success: `done` unless the change is being
 * undone.
 */
interface FollowChangeOptions extends Pick<FollowOptions, 'timeoutMs' | 'signal'> {
  readonly good?: ChangeView['state'];
}

/**
 * Shows the change until it has ended; throws the code of its refusal, or `ProviderError`, if it did
 * not succeed. Null: it had nothing to do.
 */
export async function followChange(
  client: DroverClient,
  fleet: string,
  { changeId, revision }: Pick<ApplyResult, 'changeId' | 'revision'>,
  { good = 'done', ...options }: FollowChangeOptions = {},
): Promise<ChangeView | null> {
  if (changeId === null) return null;
  const change = await followToEnd(client, fleet, { changeId, revision }, options);
  if (change.state === good) return change;
  throw new DroverError(change.code ?? 'ProviderError', failureText(fleet, change), { change });
}

/** Shows the change until it has ended, and returns it in any final state. */
export async function followToEnd(
  client: DroverClient,
  fleet: string,
  change: Pick<ChangeView, 'changeId' | 'revision'>,
  options: Pick<FollowOptions, 'timeoutMs' | 'signal'> = {},
): Promise<ChangeView> {
  const progress = new Progress();
  try {
    const onProgress = ({ agents, troubles = [] }: ChangeView) => {
      progress.update(
        agents.map(({ agent, step }) => ({ name: `${fleet}/${agent}`, step, done: ENDED.includes(step) })),
      );
      for (const { what, why } of troubles) progress.note(`${fleet}: ${what}: ${why}`);
    };
    const follow = () => client.fleets.follow(fleet, change, { ...options, onProgress });
    // `drover up` ends the following itself.
    if (options.signal !== undefined) return await follow();
    const goesOn = `the change of fleet ${fleet} goes on: drover describe fleet ${fleet} --watch shows it, drover cancel ${fleet} takes it back`;
    return await untilInterrupted(goesOn, follow);
  } finally {
    progress.end();
  }
}

/** The error of a change without the errors of its agents, which follow it. */
function ownError(error: string, agents: readonly AgentProgress[]): string {
  const starts = agents
    .filter((agent) => agent.error !== null)
    .map((agent) => error.search(new RegExp(`(?:^|; )${agent.agent}: `)))
    .filter((at) => at >= 0);
  return starts.length === 0 ? error : error.slice(0, Math.min(...starts));
}

/** The agents that failed, by their error: replicas mostly fail with the same error. */
function byError(agents: readonly AgentProgress[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { agent, error } of agents) if (error !== null) found.set(error, [...(found.get(error) ?? []), agent]);
  return found;
}

/** The text of a failed change. Each error stands once, also if several agents have it. */
export function failureText(fleet: string, { state, error, agents, compensation }: ChangeView): string {
  const broken = [...byError(agents)].map(
    ([why, names]) => `  ${names.map((name) => `${fleet}/${name}`).join(', ')}: ${why}`,
  );
  const left = compensation?.entries.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name) ?? [];
  const rest = left.length === 0 ? [] : [`  not undone: ${left.join(', ')}`];
  const own = ownError(error ?? 'no reason known', agents);
  return [`the change of fleet ${fleet} is ${state}:${own === '' ? '' : ` ${own}`}`, ...broken, ...rest].join('\n');
}

/**
 * The steps of a change, one line per agent: `create mars/AgentA`, `update mars/AgentB
 * (turns.maxParallel)`. A dry run has a line for each field with its old and its new value too.
 */
export function planLines(
  fleet: string,
  {
    changes,
    settings,
    pools = [],
    differences = [],
  }: Pick<ApplyResult, 'changes' | 'settings' | 'pools' | 'differences'>,
): string[] {
  const valuesOf = (agent: string | null) => differences.filter((one) => one.agent === agent).map(valueLine);
  return [
    ...changes.flatMap((change) => [changeLine(fleet, change), ...valuesOf(change.agent)]),
    ...(settings.length === 0 ? [] : [`set     ${settings.join(', ')}`, ...valuesOf(null)]),
    ...pools.map(({ pool, why }) => `start   pool ${pool} (${why})`),
  ];
}

/** The parts that a plan lacks: a line for each agent, in the words of the change that would fail. */
export function findingLines(fleet: string, { unmet = [], unchecked = [] }: PlanResult): string[] {
  return [
    ...(unmet.length === 0 ? [] : ['apply would change nothing, because something is missing:']),
    ...unmet.map(({ agent, why }) => `  ${fleet}/${agent}: ${why}`),
    ...unchecked.map((why) => `not checked: ${why}`),
  ];
}

/** A field with its old and its new value; `-`: absent. */
function valueLine({ field, old, new: now }: PlannedDifference): string {
  return `        ${field}: ${old ?? '-'} → ${now ?? '-'}`;
}

function changeLine(fleet: string, { kind, agent, fields, why }: PlannedChange): string {
  const more = why ?? fields.join(', ');
  return `${kind.padEnd(7)} ${fleet}/${agent}${more === '' ? '' : ` (${more})`}`;
}
