/** `codex exec --json` (Codex CLI): one JSON object a line, the last one `turn.completed` or `turn.failed`. */
import { amountIn, type Fields, recordIn, textIn } from '../records';
import { usageOf } from '../usage';
import type { CliOutcome, Format, OutputReader } from './format';
import { JsonLines } from './lines';

/** Codex. The last word lets it read the prompt from its input. */
export const codexFormat: Format = {
  hasSessions: true,
  command: (run, session) => [
    ...run,
    ...(run.includes('--json') ? [] : ['--json']),
    ...(session === undefined ? [] : ['resume', session]),
    '-',
  ],
  read: () => new CodexReader(),
};

class CodexReader implements OutputReader {
  session: string | undefined;
  private readonly lines = new JsonLines((event) => this.hear(event));
  private said: string | undefined;
  private completed: Fields | undefined;
  private failed: string | undefined;

  take(chunk: string): void {
    this.lines.add(chunk);
  }

  get usage() {
    if (this.completed === undefined) return undefined;
    const used = recordIn(this.completed, 'usage');
    return usageOf({ inputTokens: amountIn(used, 'input_tokens'), outputTokens: amountIn(used, 'output_tokens') });
  }

  outcome(): CliOutcome {
    this.lines.end();
    if (this.completed !== undefined && this.said !== undefined)
      return { kind: 'text', text: this.said, dropped: 0, whole: true };
    if (this.failed !== undefined) return { kind: 'failed', message: this.failed, status: statusIn(this.failed) };
    const why = this.completed === undefined ? 'it ended without a result' : 'it ended without a message';
    return { kind: 'unreadable', why };
  }

  private hear(event: Fields): void {
    switch (event['type']) {
      case 'thread.started':
        this.session = textIn(event, 'thread_id') ?? this.session;
        break;
      case 'item.completed': {
        const item = recordIn(event, 'item');
        if (item['type'] === 'agent_message') this.said = textIn(item, 'text') ?? this.said;
        break;
      }
      case 'turn.completed':
        this.completed = event;
        break;
      case 'turn.failed':
        this.failed = textIn(recordIn(event, 'error'), 'message') ?? 'it failed without a reason';
        break;
      case 'error':
        // It also reports errors after which it tries again, so an end counts more.
        this.failed ??= textIn(event, 'message');
        break;
    }
  }
}

/** It names the status of the model's provider in the middle of a sentence. */
function statusIn(message: string): number | undefined {
  const [, status] = /\b(?:last status:?|unexpected status) (\d{3})\b/.exec(message) ?? [];
  return status === undefined ? undefined : Number(status);
}
