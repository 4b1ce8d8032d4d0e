/** The sessions that an agent's process has open, each with the prompt in progress. */
import type { TurnRequest } from '../../contract/agent/turns';
import { messageOf, oneLine, QUOTE_BYTES } from '../../contract/text';
import { AgentFailure } from '../failure';
import type { Sessions } from '../sessions';
import type { AcpAgent, AcpListener } from './agent';
import type { McpServer, RequestPermissionRequest, RequestPermissionResponse, SessionNotification } from './sdk';
import { type Tools, TOOLS_NAME, type ToolsAddress } from './tools';
import { costIn, type Work } from './work';

/** One open session. */
export interface OpenSession {
  id: string;
  /** Whose it is (`Sessions.placeOf`). */
  readonly place: string;
  readonly tools: ToolsAddress;
  /** Whether the agent reaches the tools; otherwise it answers with a block. */
  readonly hasTools: boolean;
  /** It has had no prompt, in an earlier start either. */
  isNew: boolean;
  work: Work | undefined;
  /** Its cost before its next prompt, in US dollars, as its agent counts it. */
  cost: number;
}

/** More of them would fill the agent's memory; those used longest ago are closed, and opened again for their next turn. */
const MOST_OPEN = 32;

/** The open sessions of one adapter. */
export class OpenSessions implements AcpListener {
  private readonly sessions: Sessions;
  private readonly tools: Tools;
  /** By id, those used last at the end. */
  private readonly open = new Map<string, OpenSession>();

  constructor(sessions: Sessions, tools: Tools) {
    this.sessions = sessions;
    this.tools = tools;
  }

  /** Whether a prompt is in progress in any of them but this. */
  hasOthers(than?: OpenSession): boolean {
    return [...this.open.values()].some((session) => session !== than && session.work !== undefined);
  }

  /** The session of a turn: open already, opened again, or a new one. */
  async of(agent: AcpAgent, turn: TurnRequest): Promise<OpenSession> {
    const id = this.sessions.get(turn);
    const known = id === undefined ? undefined : await this.known(agent, turn, id);
    const session = known ?? (await this.begun(agent, turn));
    this.open.delete(session.id);
    this.open.set(session.id, session);
    this.closeOldest(agent);
    return session;
  }

  /** Gives up a session: the next turn begins another. */
  abandon(session: OpenSession, turn: TurnRequest): void {
    this.sessions.forget(turn);
    this.drop(session);
  }

  /** The process has ended, and they with it. */
  forgetAll(): void {
    for (const session of this.open.values()) this.drop(session);
  }

  update(notification: SessionNotification): void {
    const session = this.open.get(notification.sessionId);
    if (session?.work !== undefined) return session.work.update(notification);
    const cost = costIn(notification);
    if (session !== undefined && cost !== undefined) session.cost = cost;
  }

  async permission(request: RequestPermissionRequest): Promise<RequestPermissionResponse> {
    const work = this.open.get(request.sessionId)?.work;
    return work === undefined ? { outcome: { outcome: 'cancelled' } } : work.permission(request);
  }

  /** An agent that keeps no sessions gives the same ids after its next start, perhaps to another branch first. */
  private async known(agent: AcpAgent, turn: TurnRequest, id: string): Promise<OpenSession | undefined> {
    const open = this.open.get(id);
    if (open === undefined) return this.resumed(agent, turn, id);
    return open.place === this.sessions.placeOf(turn) ? open : undefined;
  }

  private async resumed(agent: AcpAgent, turn: TurnRequest, id: string): Promise<OpenSession | undefined> {
    const session = this.prepared(agent, turn, { id, isNew: false });
    // An agent that counts over its own restarts tells what the session has cost while it opens it.
    this.open.set(id, session);
    let isOpen = false;
    try {
      isOpen = await agent.resume(id, serversOf(session));
      return isOpen ? session : undefined;
    } finally {
      if (!isOpen) this.drop(session);
    }
  }

  private async begun(agent: AcpAgent, turn: TurnRequest): Promise<OpenSession> {
    const session = this.prepared(agent, turn, { id: '', isNew: true });
    try {
      const id = await agent.newSession(serversOf(session));
      if (this.open.has(id))
        throw new AgentFailure(
          `it gave a new session the id ${oneLine(id, QUOTE_BYTES)}, which another one has; if it knows one session only, write session: agent`,
        );
      session.id = id;
      this.sessions.set(turn, id);
      return session;
    } catch (error) {
      this.tools.close(session.tools);
      throw error;
    }
  }

  /** The address of its tools is part of the call that opens a session, so it comes first. */
  private prepared(agent: AcpAgent, turn: TurnRequest, known: Pick<OpenSession, 'id' | 'isNew'>): OpenSession {
    const session: OpenSession = {
      ...known,
      place: this.sessions.placeOf(turn),
      tools: this.tools.open(() => session.work?.take),
      hasTools: agent.capabilities.mcpCapabilities?.http === true,
      work: undefined,
      cost: 0,
    };
    return session;
  }

  private closeOldest(agent: AcpAgent): void {
    for (const session of this.open.values()) {
      if (this.open.size <= MOST_OPEN) return;
      if (session.work !== undefined) continue;
      this.drop(session);
      agent.close(session.id).catch((error: unknown) => {
        console.error(`drover: session ${session.id} was not closed: ${messageOf(error)}`);
      });
    }
  }

  private drop(session: OpenSession): void {
    this.open.delete(session.id);
    this.tools.close(session.tools);
  }
}

function serversOf({ hasTools, tools: { url, token } }: OpenSession): McpServer[] {
  if (!hasTools) return [];
  return [{ type: 'http', name: TOOLS_NAME, url, headers: [{ name: 'Authorization', value: `Bearer ${token}` }] }];
}
