/**
 * The sessions of the program behind an adapter: which one a turn continues, and that no two turns
 * use one at the same time.
 */
import { createHash } from 'node:crypto';
import type { SessionScope } from '../contract/agent';
import type { TurnRequest } from '../contract/agent/turns';

/** The place of a turn. */
export type TurnPlace = Pick<TurnRequest, 'run' | 'branch'>;

/**
 * The most bytes of the text that Drover keeps for an agent (docs/agents.md, "Replies"). Beyond it the
 * sessions that were used longest ago are forgotten.
 */
const KEPT_BYTES = 4 * 1024;
/** Characters of a place's hash: enough that two of some hundred places differ. */
const PLACE_LENGTH = 12;

/** The sessions of one agent. */
export class Sessions {
  private readonly scope: SessionScope;
  /** By place, those used last at the end. */
  private readonly ids: Map<string, string>;
  private readonly queues = new Map<string, Promise<unknown>>();
  /** Called when a turn begins a session or loses one. */
  onChange: () => void = () => undefined;

  /** `kept` is the text of an earlier start. A text that is not its own counts as none. */
  constructor(scope: SessionScope, kept: string | null = null) {
    this.scope = scope;
    this.ids = new Map(entriesOf(kept));
  }

  /** Does work of a turn while no other turn of the same session does any. */
  async alone<T>(turn: TurnPlace, work: () => Promise<T>): Promise<T> {
    const place = this.placeOf(turn);
    const before = this.queues.get(place) ?? Promise.resolve();
    const own = before.then(work, work);
    const settled = own.then(
      () => undefined,
      () => undefined,
    );
    this.queues.set(place, settled);
    void settled.then(() => {
      if (this.queues.get(place) === settled) this.queues.delete(place);
    });
    return own;
  }

  /** The id of the session that a turn continues; undefined: it begins one. */
  get(turn: TurnPlace): string | undefined {
    return this.ids.get(this.placeOf(turn));
  }

  /** The content that the session of a turn has already: its earlier turns, and the task unless it is that of all runs. */
  knows(turn: TurnPlace): { readonly continues: boolean; readonly knowsTask: boolean } {
    const continues = this.get(turn) !== undefined;
    return { continues, knowsTask: continues && this.scope !== 'agent' };
  }

  /** Remembers the session of a turn. */
  set(turn: TurnPlace, id: string): void {
    const place = this.placeOf(turn);
    const before = this.ids.get(place);
    this.ids.delete(place);
    this.ids.set(place, id);
    for (const oldest of this.ids.keys()) {
      if (Buffer.byteLength(this.text ?? '') <= KEPT_BYTES) break;
      this.ids.delete(oldest);
    }
    if (before !== id) this.onChange();
  }

  /** Forgets the session of a turn: the next one begins another. */
  forget(turn: TurnPlace): void {
    if (this.ids.delete(this.placeOf(turn))) this.onChange();
  }

  /** The place of a session: turns with the same one continue the same session. */
  placeOf({ run, branch }: TurnPlace): string {
    if (this.scope === 'agent') return 'agent';
    const place = this.scope === 'run' ? run : JSON.stringify([run, branch]);
    return createHash('sha256').update(place).digest('hex').slice(0, PLACE_LENGTH);
  }

  /** All of them as a text for the next start; null: none. */
  get text(): string | null {
    return this.ids.size === 0 ? null : JSON.stringify(Object.fromEntries(this.ids));
  }
}

function entriesOf(kept: string | null): [string, string][] {
  if (kept === null) return [];
  let value: unknown;
  try {
    value = JSON.parse(kept);
  } catch {
    // A text of another program under this name: the agent had no adapter yet.
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}
