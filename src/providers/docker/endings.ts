/**
 * Reports the ends of containers at once, from the engine's stream of events: one connection for all
 * containers. When it has connected, it looks once for containers that ended before.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type Docker from 'dockerode';
import { inParallel } from '../../lib/in-parallel';
import type { EndedInstance, Watch } from '../provider';
import { LABELS } from './container';

/** The engine may restart; nothing is lost by asking it at this rhythm. */
const RECONNECT_MS = 15_000;
/** Reports of the first look at a time. */
const REPORTS_AT_ONCE = 8;
/** Containers and instances remembered, so that an end is not reported twice. A repeat would be harmless. */
const REMEMBERED = 1_000;

type Labels = Readonly<Record<string, string>>;

/** Dependencies of a watch. */
export interface EndingsOptions {
  readonly installation: string;
  readonly engine: () => Promise<Docker>;
  readonly report: (ended: EndedInstance) => Promise<void>;
  readonly warn: (error: unknown) => void;
}

/** The watch of one worker. It connects when `begin` is first called. */
export class Endings implements Watch {
  readonly #options: EndingsOptions;
  readonly #stopped = new AbortController();
  readonly #expected = new Set<string>();
  /** Instances that were reported, so that a new connection does not report them again. */
  readonly #reported = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(options: EndingsOptions) {
    this.#options = options;
  }

  /** Connects, unless it has. */
  begin(): void {
    this.#running ??= this.#run();
  }

  /** Drover ends this container on purpose: its caller knows. */
  expect(id: string): void {
    remember(this.#expected, id);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#follow().catch((error: unknown) => {
        if (!signal.aborted) this.#options.warn(error);
      });
      // The abort ends the pause early.
      await pause(RECONNECT_MS, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async #follow(): Promise<void> {
    const engine = await this.#options.engine();
    const label = [`${LABELS.installation}=${this.#options.installation}`];
    // Docker and Podman have different names for the event of an end in filters, and the same name in events.
    const filters = { type: ['container'], label };
    const { signal } = this.#stopped;
    const events = await engine.getEvents({ filters, abortSignal: signal } as Docker.GetEventsOptions);
    const ended = await engine.listContainers({ all: true, filters: { label, status: ['exited'] } });
    await inParallel(ended, REPORTS_AT_ONCE, ({ Id, Labels }) => this.#report(Id, Labels));
    for await (const line of linesOf(events)) {
      const { action, id, labels } = eventOf(line);
      if (action !== 'die') continue;
      await this.#report(id, labels);
    }
  }

  async #report(id: string, labels: Labels): Promise<void> {
    const ended = instanceOf(labels);
    if (ended === undefined || this.#expected.delete(id) || this.#reported.has(ended.instanceId)) return;
    await this.#options.report(ended);
    remember(this.#reported, ended.instanceId);
  }
}

/** Adds to a set, and drops its oldest member when it is full. */
function remember(set: Set<string>, member: string): void {
  set.add(member);
  const [oldest] = set;
  if (oldest !== undefined && set.size > REMEMBERED) set.delete(oldest);
}

/** The instance of a container; undefined for a tombstone, and for one that was never started. */
function instanceOf(labels: Labels): EndedInstance | undefined {
  const [key, fleet, agent, instanceId] = [LABELS.key, LABELS.fleet, LABELS.agent, LABELS.instance].map(
    (label) => labels[label],
  );
  if (LABELS.destroyed in labels || !key || !fleet || !agent || !instanceId) return undefined;
  return { key, fleet, agent, instanceId };
}

/** The lines of a stream, one event each. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const piece of stream) {
    const lines = `${rest}${String(piece)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

/** An event, and its container with its labels. */
function eventOf(line: string): { readonly action: unknown; readonly id: string; readonly labels: Labels } {
  // Its times exceed 2^53, so the strict reader of the contract would refuse it.
  const { Action: action, Actor: actor } = fieldsOf(JSON.parse(line));
  const { ID: id, Attributes: attributes } = fieldsOf(actor);
  const labels = Object.entries(fieldsOf(attributes)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { action, id: typeof id === 'string' ? id : '', labels: Object.fromEntries(labels) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
