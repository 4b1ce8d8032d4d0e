/** Makes an agent of a program that speaks the Agent Client Protocol. */
import type { AgentTurn } from '../../agent';
import type { TurnReply, TurnRequest } from '../../contract/agent/turns';
import { durationMs } from '../../contract/values/duration';
import type { ChildEnvironment } from '../environment';
import { AgentFailure } from '../failure';
import { promptOf, repairPrompt } from '../prompt';
import type { Adapter } from '../serve';
import type { Sessions } from '../sessions';
import { AcpAgent, AgentSilence } from './agent';
import { callFailure } from './failures';
import { type OpenSession, OpenSessions } from './open-sessions';
import { Tools } from './tools';
import { type PermissionPolicy, Work } from './work';

/** The program and its surroundings. */
export interface AcpSettings {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly permissions: PermissionPolicy;
  readonly environment: ChildEnvironment;
  readonly sessions: Sessions;
}

/** How often the agent is asked again in one prompt because its answer was not a valid reply. */
const REPAIRS = 2;
/** How long an agent may go on after its reply or after a cancel: it writes its session, and ends its tools. */
const STOP_MS = 20_000;
/** A question without an answer after its own deadline and this time: its run has ended. */
const ANSWER_SLACK_MS = 60_000;

/** Starts the program. Rejects with the reason why it cannot take turns. */
export async function acpAdapter(settings: AcpSettings): Promise<Adapter> {
  const adapter = new AcpAdapter(settings, await Tools.start());
  await adapter.running();
  return {
    onTurn: (turn, signal) => adapter.takeTurn(turn, signal),
    onSecret: () => adapter.restart(),
  };
}

class AcpAdapter {
  private readonly settings: AcpSettings;
  private readonly open: OpenSessions;
  /** Prompts that wait for the human, by branch. */
  private readonly asking = new Map<string, Work>();
  private agent: Promise<AcpAgent> | undefined;

  constructor(settings: AcpSettings, tools: Tools) {
    this.settings = settings;
    this.open = new OpenSessions(settings.sessions, tools);
  }

  /** The running program; it starts again if it has ended. */
  running(): Promise<AcpAgent> {
    const again = () => this.started();
    this.agent = this.agent?.then((agent) => (agent.runs ? agent : again()), again) ?? again();
    return this.agent;
  }

  /** Ends the program. The next turn starts it with the new credential, and its sessions go on. */
  async restart(): Promise<void> {
    const ended = this.agent;
    this.agent = undefined;
    await (await ended?.catch(() => undefined))?.end();
  }

  async takeTurn(turn: AgentTurn, signal: AbortSignal): Promise<TurnReply> {
    signal.throwIfAborted();
    const work = this.continued(turn) ?? this.begun(turn);
    const withdrawn = (): void => work.stop('the turn was withdrawn');
    signal.addEventListener('abort', withdrawn, { once: true });
    try {
      const reply = await work.next();
      if (work.isAsking) this.waitForAnswer(work);
      return reply;
    } finally {
      signal.removeEventListener('abort', withdrawn);
    }
  }

  private started(): Promise<AcpAgent> {
    const { command, cwd, environment, permissions } = this.settings;
    this.open.forgetAll();
    return AcpAgent.start({ command, cwd, env: environment.current, asks: permissions.mode !== 'allow' }, this.open);
  }

  /** The prompt that asked for a permission, with the answer of this turn. */
  private continued(turn: AgentTurn): Work | undefined {
    const branch = branchOf(turn);
    const work = this.asking.get(branch);
    this.asking.delete(branch);
    if (work?.answered(turn) === true) return work;
    work?.stop('its branch went on without an answer');
    return undefined;
  }

  private begun(turn: AgentTurn): Work {
    const work = new Work(turn, this.settings.permissions);
    void this.settings.sessions.alone(turn, () => this.prompt(work));
    return work;
  }

  private waitForAnswer(work: Work): void {
    const branch = branchOf(work.turn);
    this.asking.set(branch, work);
    const { timeout } = this.settings.permissions;
    const forgotten = (): void => {
      if (this.asking.get(branch) !== work) return;
      this.asking.delete(branch);
      work.stop('its question was not answered');
    };
    setTimeout(forgotten, (durationMs(timeout) ?? 0) + ANSWER_SLACK_MS).unref();
  }

  /** Prompts until there is a reply. Always resolves: the work knows how it ended. */
  private async prompt(work: Work): Promise<void> {
    try {
      const agent = await this.running();
      const session = await this.opened(agent, work.turn);
      await this.promptIn(session, agent, work);
    } catch (error) {
      work.end({ failure: callFailure(error) });
    }
  }

  /** The session of a turn. An agent that opens none and does nothing else is started again by the next turn. */
  private async opened(agent: AcpAgent, turn: TurnRequest): Promise<OpenSession> {
    try {
      return await this.open.of(agent, turn);
    } catch (error) {
      if (error instanceof AgentSilence && !this.open.hasOthers()) await agent.end();
      throw error;
    }
  }

  private async promptIn(session: OpenSession, agent: AcpAgent, work: Work): Promise<void> {
    const { turn } = work;
    session.work = work;
    work.begin(session.cost);
    const stopped = new Promise<void>((resolve) => {
      work.onStop = () => void this.stopped(session, agent, turn).then(resolve);
    });
    try {
      await Promise.race([this.untilReply(session, agent, work), stopped]);
    } finally {
      work.onStop = () => undefined;
      session.cost = work.sessionCost;
      session.work = undefined;
    }
  }

  private async untilReply(session: OpenSession, agent: AcpAgent, work: Work): Promise<void> {
    const nothing = { continues: false, knowsTask: false };
    const knows = session.isNew ? nothing : this.settings.sessions.knows(work.turn);
    let text = promptOf(work.turn, { means: session.hasTools ? 'tools' : 'block', ...knows });
    for (let repairs = 0; ; repairs += 1) {
      session.isNew = false;
      const read = work.read(await agent.prompt(session.id, text));
      if ('reply' in read) return work.end({ reply: read.reply });
      if (repairs === REPAIRS) throw new AgentFailure(`its answer is not a valid reply: ${read.problem}`);
      text = repairPrompt(read.problem);
    }
  }

  /** Cancels a prompt. Resolves only if the agent does not heed it: then its session is given up. */
  private async stopped(session: OpenSession, agent: AcpAgent, turn: TurnRequest): Promise<void> {
    const { work } = session;
    await agent.cancel(session.id);
    await new Promise((resolve) => setTimeout(resolve, STOP_MS).unref());
    if (session.work === undefined || session.work !== work) return;
    this.open.abandon(session, turn);
    if (!this.open.hasOthers(session)) await agent.end();
  }
}

function branchOf({ run, branch }: TurnRequest): string {
  return JSON.stringify([run, branch]);
}
