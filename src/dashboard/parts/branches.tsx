/** The branches of a run, and the barriers that wait for them. */
import type { JSX } from 'preact';
import type { RunView } from '../../contract/run';
import type { LiveBarrier } from '../../contract/run/barrier';
import { Age, Reason, State } from './words';

/** The branches as a tree, each with its wait or its barrier. */
export function Branches({ view }: { readonly view: RunView }): JSX.Element {
  const waits = new Map((view.waits ?? []).map((wait) => [wait.branch, wait]));
  const progress = new Map((view.progress ?? []).map((one) => [one.turnId, one]));
  const barriers = new Map((view.barriers ?? []).map((barrier) => [barrier.branch, barrier]));
  return (
    <>
      <h2>Branches</h2>
      {view.branches.length === 0 && <p class="quiet">None yet.</p>}
      <Outcomes of={view.branches} />
      <Barrier of={barriers.get(null)} />
      <ul class="tree">
        {view.branches.map(({ id, agents, turns, outcome, error, startedAt, endedAt }) => {
          const wait = waits.get(id);
          const now = wait?.turnId ? progress.get(wait.turnId) : undefined;
          return (
            <li key={id} style={{ marginLeft: `${String(Math.min(depthOf(id), DEEPEST) * 20)}px` }}>
              <State word={outcome} /> {id} {agents.join(' → ')}{' '}
              <span class="quiet">
                {turns} {turns === 1 ? 'turn' : 'turns'}, {endedAt === null ? 'for' : 'ended'}{' '}
                <Age at={endedAt ?? startedAt} />
                {endedAt !== null && ' ago'}
              </span>{' '}
              <Reason text={wait?.why ?? error} />
              <Barrier of={barriers.get(id)} />
              {now && <div class="quiet">{[now.tool, now.text].filter(Boolean).join(': ')}</div>}
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** A barrier that is not decided yet. */
function Barrier({ of }: { readonly of: LiveBarrier | undefined }): JSX.Element | null {
  if (of === undefined) return null;
  const { agent, arrived, failed, open, needed } = of;
  return (
    <div class="barrier">
      Barrier of {agent ?? 'the run'}: {arrived.length} arrived, {failed.length} failed, {needed} needed{' '}
      <span class="quiet">({open} open)</span>{' '}
      <Reason text={failed.map(({ from, error }) => `${from}: ${error}`).join('\n') || null} />
    </div>
  );
}

/** How many branches there are of each outcome; nothing for a few, which are seen at once. */
function Outcomes({ of: branches }: { readonly of: RunView['branches'] }): JSX.Element | null {
  if (branches.length <= FEW_BRANCHES) return null;
  const counts = new Map<string, number>();
  for (const { outcome } of branches) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return (
    <p class="counts">
      {[...counts].sort().map(([word, count]) => (
        <span key={word}>
          {count.toLocaleString('en')} <State word={word} />
        </span>
      ))}
    </p>
  );
}

/** So many branches are seen at once. */
const FEW_BRANCHES = 20;

/** Deeper branches are not moved further to the right. */
const DEEPEST = 8;

/** The id of a branch has its parents' in it, separated by dots. */
function depthOf(id: string): number {
  return id.split('.').length - 1;
}
