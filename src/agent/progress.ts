/** Sends the progress of turns to the gateway: the latest only, at most four a second and turn. */
import { PROGRESS_LENGTHS, PROGRESS_PER_SECOND, type TurnProgress } from '../contract/agent/progress';
import { wellFormed } from '../contract/text';
import { callGateway, causeOf, refusalOf, turnPath } from './gateway-call';
import type { AgentIdentity } from './settings';

/** A little longer than the gateway's limit asks, because calls arrive unevenly. */
const EVERY_MS = 1_000 / PROGRESS_PER_SECOND + 20;
/** A progress that takes longer is outdated. */
const TIMEOUT_MS = 5_000;

/** Reports a progress; returns at once and never throws. */
export type ReportProgress = (progress: TurnProgress) => void;

/** The reports of all turns of one agent. */
export class ProgressReports {
  readonly #identity: AgentIdentity;
  #hasFailed = false;

  constructor(identity: AgentIdentity) {
    this.#identity = identity;
  }

  /** Opens the reports of one turn; `end` drops what has not been sent. */
  open(turnId: string): { readonly report: ReportProgress; readonly end: () => void } {
    let latest: TurnProgress | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const send = (): void => {
      timer = undefined;
      if (latest === undefined || isOver) return;
      const said = latest;
      latest = undefined;
      timer = setTimeout(send, EVERY_MS).unref();
      void this.#post(turnId, said);
    };
    return {
      report: (progress) => {
        latest = shortened(progress);
        if (timer === undefined) send();
      },
      end: () => {
        isOver = true;
        clearTimeout(timer);
      },
    };
  }

  /** Progress is for people who look on: a lost one harms no turn, so the first problem is logged and no more. */
  async #post(turnId: string, progress: TurnProgress): Promise<void> {
    try {
      const answer = await callGateway(this.#identity, {
        method: 'POST',
        path: turnPath(turnId, 'progress'),
        json: JSON.stringify(progress),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!answer.ok && answer.status !== 429) throw new Error(`the gateway answers ${refusalOf(answer)}`);
    } catch (error) {
      if (!this.#hasFailed) console.error(`drover: cannot report progress: ${causeOf(error)}`);
      this.#hasFailed = true;
    }
  }
}

/** Cuts texts that are longer than the gateway takes. */
function shortened(progress: TurnProgress): TurnProgress {
  const { text, tool } = progress;
  return {
    ...progress,
    ...(text === undefined ? {} : { text: wellFormed(text.slice(0, PROGRESS_LENGTHS.text)) }),
    ...(tool === undefined ? {} : { tool: wellFormed(tool.slice(0, PROGRESS_LENGTHS.tool)) }),
  };
}
