/** The known state of a task, from the updates of a stream or from an answer as a whole. */
import { OUTPUT_BYTES } from '../fitting';
import {
  type Artifact,
  type Message,
  type Part,
  type StreamResponse,
  type Task,
  TASK_STATES,
  type TaskStatus,
} from './sdk';

/** The answer of an agent: one value, or text of which `dropped` bytes were too many to keep. */
export type Said =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'text'; readonly text: string; readonly dropped: number };

/** In these states the agent does not go on by itself. */
const SETTLED: readonly number[] = [
  TASK_STATES.completed,
  TASK_STATES.failed,
  TASK_STATES.canceled,
  TASK_STATES.rejected,
  TASK_STATES.inputRequired,
  TASK_STATES.authRequired,
];

/** A task, or the message of an agent that answers without one. */
export class Followed {
  private readonly artifacts = new Map<string, Part[]>();
  private bytes = 0;
  private dropped = 0;
  private status: TaskStatus | undefined;
  private message: Message | undefined;
  private history: readonly Message[] = [];
  id: string | undefined;
  contextId: string | undefined;

  /** Takes an update. Returns what a person may like to see of it; null: nothing. */
  take({ payload }: StreamResponse): string | null {
    switch (payload?.$case) {
      case 'message':
        this.message = payload.value;
        this.contextId = payload.value.contextId || this.contextId;
        return null;
      case 'task':
        this.replace(payload.value);
        return statusText(this.status);
      case 'statusUpdate':
        this.know(payload.value.taskId, payload.value.contextId);
        this.status = payload.value.status ?? this.status;
        return statusText(this.status);
      case 'artifactUpdate': {
        const { artifact, append, taskId, contextId } = payload.value;
        this.know(taskId, contextId);
        if (artifact !== undefined) this.addArtifact(artifact, append);
        return artifact === undefined ? null : textOf(this.artifacts.get(artifact.artifactId) ?? [], '');
      }
      default:
        return null;
    }
  }

  /** Takes the task as a whole. */
  replace(task: Task): void {
    this.know(task.id, task.contextId);
    this.status = task.status;
    this.history = task.history ?? [];
    this.artifacts.clear();
    this.bytes = 0;
    this.dropped = 0;
    for (const artifact of task.artifacts ?? []) this.addArtifact(artifact, false);
  }

  /** Whether the agent has answered, or waits for something. */
  get isSettled(): boolean {
    return this.message !== undefined || SETTLED.includes(this.status?.state ?? 0);
  }

  /** The state of the task; a message without a task counts as completed. */
  get state(): number {
    return this.message === undefined ? (this.status?.state ?? 0) : TASK_STATES.completed;
  }

  /** The text of the state: a question, or why it failed. */
  get remark(): string {
    return statusText(this.status) ?? '';
  }

  /** The answer: the artifacts, else the last message. */
  get said(): Said {
    if (this.message !== undefined) return saidBy([this.message.parts], '\n', 0);
    const artifacts = [...this.artifacts.values()];
    if (artifacts.length > 0 || this.dropped > 0) return saidBy(artifacts, '', this.dropped);
    const last = this.status?.message ?? this.history.findLast(({ role }) => Number(role) !== 1);
    return saidBy(last === undefined ? [] : [last.parts], '\n', 0);
  }

  private know(id: string, contextId: string): void {
    this.id = id || this.id;
    this.contextId = contextId || this.contextId;
  }

  private addArtifact({ artifactId, parts }: Artifact, append: boolean): void {
    const fitting = parts.filter((part) => {
      const size = Buffer.byteLength(textOf([part], ''));
      const fits = this.bytes + size <= OUTPUT_BYTES;
      if (fits) this.bytes += size;
      else this.dropped += size;
      return fits;
    });
    this.artifacts.set(artifactId, [...(append ? (this.artifacts.get(artifactId) ?? []) : []), ...fitting]);
  }
}

/** One part of data alone is a value; everything else is text. */
function saidBy(groups: readonly (readonly Part[])[], between: string, dropped: number): Said {
  const [only, ...others] = groups.flat();
  if (only?.content?.$case === 'data' && others.length === 0 && dropped === 0)
    return { kind: 'value', value: only.content.value ?? null };
  return { kind: 'text', text: groups.map((parts) => textOf(parts, between)).join('\n\n'), dropped };
}

function statusText(status: TaskStatus | undefined): string | null {
  return status?.message === undefined ? null : textOf(status.message.parts, '\n');
}

function textOf(parts: readonly Part[], between: string): string {
  return parts.map(partText).join(between);
}

function partText({ content, filename, mediaType }: Part): string {
  switch (content?.$case) {
    case 'text':
      return content.value;
    case 'data':
      return JSON.stringify(content.value ?? null);
    case 'url':
      return content.value;
    case 'raw':
      return `[a file that Drover does not carry: ${filename || 'without a name'}, ${mediaType || 'of unknown type'}]`;
    default:
      return '';
  }
}
