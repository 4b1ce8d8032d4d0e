/**
 * Explains the wait of an open branch, from the views of its run, of the branch and of its agent.
 * No workflow stores it, so a client adds nothing to a history.
 */
import type { AgentView } from '../../contract/agent';
import type { OpenTurn } from '../../contract/agent/open-turn';
import type { BranchView, BranchWait, RunView } from '../../contract/run';

/** The agent of a branch: its view, or why it has none. */
export type SeenAgent = { readonly view: AgentView } | { readonly error: string };

/** The parts that depend on what the branch waits for. */
type Reason = Pick<BranchWait, 'isStill' | 'why'> & Partial<BranchWait>;

const NO_TURN = { turnId: null, attempt: 0, since: null, startedAt: null, askAgainAt: null } as const;

/** The wait of the branch. `agent` null: a script replies. */
export function branchWait(run: RunView, branch: BranchView, agent: SeenAgent | null): BranchWait {
  return { branch: branch.branch, agent: takerOf(branch), ...NO_TURN, ...reasonOf(run, branch, agent) };
}

/** The agent that has the turn of a branch: the replica, if its agent has replicas. */
export function takerOf({ agent, replica = agent }: BranchView): string {
  return replica;
}

/** The wait as a person reads it at `now`, epoch milliseconds: with the seconds to the next attempt. */
export function waitText({ why, isStill, attempt, startedAt, askAgainAt }: BranchWait, now: number): string {
  if (startedAt !== null && !isStill) return `${why} for ${seconds(now - Date.parse(startedAt))}`;
  if (askAgainAt === null) return why;
  const soon = Date.parse(askAgainAt) - now;
  const when = soon <= 0 ? 'asked again next' : `asked again in ${seconds(soon)}`;
  return `${why}, ${when}, attempt ${String(attempt + 1)}`;
}

function reasonOf(run: RunView, branch: BranchView, agent: SeenAgent | null): Reason {
  const name = `${run.fleet}/${run.run}`;
  switch (branch.waitingFor) {
    case 'human':
      return still(
        run.question?.branch === branch.branch
          ? `waits for an answer to its question: drover answer ${name} TEXT`
          : 'waits until an earlier question of the run is answered',
      );
    case 'barrier':
      return working(`waits for ${count(branch.running ?? 0, 'branch', 'branches')} below it`);
    case 'turn':
      return agent === null
        ? working(`${run.fleet}/${branch.agent} replies by its script`)
        : turnReason(run, branch, agent);
    case null:
      return run.state === 'paused' || branch.state === 'paused'
        ? still(`the run is paused: drover runs resume ${name}`)
        : working('is between two turns');
  }
}

function turnReason(run: RunView, branch: BranchView, agent: SeenAgent): Reason {
  const name = `${run.fleet}/${takerOf(branch)}`;
  if ('error' in agent) return still(`${name} does not answer: ${agent.error}`);
  const { view } = agent;
  const turnId = `${run.run}/${branch.branch}/${String(branch.turns + 1)}`;
  const turn = view.openTurns?.find((open) => open.turnId === turnId);
  if (turn === undefined) return unknownTurn(name, view);
  const { attempt, since, startedAt, askAgainAt } = turn;
  return { turnId, attempt, since, startedAt, askAgainAt, ...knownTurn(name, view, turn) };
}

/** The agent does not show the turn: its queue is full or long, or the request is on its way. */
function unknownTurn(name: string, { turns: { queued }, why }: AgentView): Reason {
  if (why !== null) return still(`${name}: ${why}`);
  if (queued === 0) return working(`asks ${name} for a turn`);
  return still(`${count(queued, 'turn waits', 'turns wait')} at ${name} before it`);
}

function knownTurn(name: string, { why }: AgentView, turn: OpenTurn): Reason {
  const { state, error, attempt, before } = turn;
  if (why !== null) return still(`${name}: ${why}`);
  if (state === 'in_flight') {
    const last = error === null ? '' : ` (attempt ${String(attempt)}; before, it ${error})`;
    return working(`${name} works on it${last}`);
  }
  if (error !== null) return still(`${name} ${error}`);
  return still(`${count(before, 'turn', 'turns')} of ${name} before it`);
}

function still(why: string): Reason {
  return { isStill: true, why };
}

function working(why: string): Reason {
  return { isStill: false, why };
}

function seconds(ms: number): string {
  return `${String(Math.max(0, Math.ceil(ms / 1_000)))} s`;
}

function count(many: number, one: string, several: string): string {
  return `${String(many)} ${many === 1 ? one : several}`;
}
