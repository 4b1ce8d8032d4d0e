/** Finds the events of commands that a person or a program gave, and joins them with an audit trail. */
import type { AuditEntry } from '../../contract/caller/audit';
import type { NamedOrigin } from '../../contract/caller/origin';
import type { DroverEvent, EventType } from '../../contract/event';
import { isRecord } from '../lib/parse';

/** The command of each type, as `drover` has it; `agent.changed` and `change.started` say theirs themselves. */
const COMMANDS: Readonly<Partial<Record<EventType, string>>> = {
  'change.cancelled': 'cancel',
  'change.compensating': 'compensate',
  'fleet.paused': 'pause --fleet',
  'fleet.resumed': 'resume --fleet',
  'pool.reset': 'pools reset',
  'run.started': 'run',
  'run.paused': 'runs pause',
  'run.resumed': 'runs resume',
  'run.cancelled': 'runs cancel',
  'question.answered': 'answer',
  'question.extended': 'inbox extend',
};

/** The entry of the command that caused this event; null: none did, or it did not say who gave it. */
export function commandEntry({ type, at, data }: DroverEvent): AuditEntry | null {
  const origin = originIn(data['origin']);
  const command = type === 'agent.changed' ? data['what'] : type === 'change.started' ? data['kind'] : COMMANDS[type];
  if (origin === null || typeof command !== 'string' || data['accepted'] === false) return null;
  const subject = data['item'] ?? data['run'] ?? data['agent'] ?? data['fleet'] ?? data['pool'];
  return {
    at,
    who: origin.by,
    role: null,
    from: origin.from ?? null,
    method: command,
    path: typeof subject === 'string' ? subject : '',
    source: 'workflow',
    ...aboutOf(data),
    requestId: origin.requestId ?? null,
    status: 200,
    code: null,
  };
}

function originIn(value: unknown): NamedOrigin | null {
  if (!isRecord(value)) return null;
  const { by, from, requestId } = value;
  if (typeof by !== 'string') return null;
  return { by, ...(typeof from === 'string' && { from }), ...(typeof requestId === 'string' && { requestId }) };
}

/** A run and an agent are named in full; an event of a question names the agent within its fleet, which is not commanded. */
function aboutOf({ fleet, agent, run }: DroverEvent['data']): Pick<AuditEntry, 'fleet' | 'agent' | 'run'> {
  if (typeof run === 'string') return parted(run, 'run');
  if (typeof agent === 'string') return parted(agent, 'agent');
  return typeof fleet === 'string' ? { fleet } : {};
}

function parted(fullName: string, part: 'agent' | 'run'): Pick<AuditEntry, 'fleet' | 'agent' | 'run'> {
  const [fleet = '', name = ''] = fullName.split('/');
  return { fleet, [part]: name };
}

/** Between the record of a workflow and the entry of the gateway that sent the command. */
const SAME_WITHIN_MS = 60_000;

/** A trail with the commands that it does not have itself, the newest first, at most `limit` of them. */
export function withCommands(
  trail: readonly AuditEntry[],
  commands: readonly AuditEntry[],
  limit: number,
): readonly AuditEntry[] {
  const own = new Map<string, AuditEntry[]>();
  for (const entry of trail) own.set(keyOf(entry), [...(own.get(keyOf(entry)) ?? []), entry]);
  const unknown = commands.filter(
    (command) => !(own.get(keyOf(command)) ?? []).some((entry) => isSame(entry, command)),
  );
  return [...trail, ...unknown].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, limit);
}

function keyOf({ fleet, agent, run, requestId }: AuditEntry): string {
  return JSON.stringify([fleet, agent, run, requestId]);
}

/** The same request id is the same request. The start of a run may have none. */
function isSame(entry: AuditEntry, command: AuditEntry): boolean {
  if (command.requestId !== null) return true;
  const apartMs = Math.abs(Date.parse(entry.at) - Date.parse(command.at));
  return entry.who === command.who && entry.from === command.from && apartMs < SAME_WITHIN_MS;
}
