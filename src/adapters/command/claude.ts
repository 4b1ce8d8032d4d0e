/** `claude -p --output-format stream-json` (Claude Code): one JSON object a line, the last one `result`. */
import { amountIn, type Fields, recordIn, textIn } from '../records';
import { usageOf } from '../usage';
import type { CliOutcome, Format, OutputReader } from './format';
import { JsonLines } from './lines';

/** Options without which it prints something else; those that the file gives are not repeated. */
const NEEDED: readonly (readonly [names: readonly string[], option: readonly string[]])[] = [
  [['-p', '--print'], ['-p']],
  [['--output-format'], ['--output-format', 'stream-json']],
  [['--verbose'], ['--verbose']],
];

/** Claude Code. */
export const claudeFormat: Format = {
  hasSessions: true,
  command: (run, session) => [
    ...run,
    ...NEEDED.flatMap(([names, option]) => (run.some((word) => isOption(word, names)) ? [] : option)),
    ...(session === undefined ? [] : ['--resume', session]),
  ],
  read: () => new ClaudeReader(),
};

function isOption(word: string, names: readonly string[]): boolean {
  return names.some((name) => word === name || word.startsWith(`${name}=`));
}

class ClaudeReader implements OutputReader {
  session: string | undefined;
  private readonly lines = new JsonLines((event) => this.hear(event));
  private model: string | undefined;
  private result: Fields | undefined;
  private said = '';

  take(chunk: string): void {
    this.lines.add(chunk);
  }

  get usage() {
    if (this.result === undefined) return undefined;
    const used = recordIn(this.result, 'usage');
    const input = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'].map((name) =>
      amountIn(used, name),
    );
    return usageOf({
      costUsd: amountIn(this.result, 'total_cost_usd'),
      inputTokens: input.some((tokens) => tokens !== undefined)
        ? input.reduce<number>((sum, tokens = 0) => sum + tokens, 0)
        : undefined,
      outputTokens: amountIn(used, 'output_tokens'),
      model: this.model,
    });
  }

  outcome(): CliOutcome {
    this.lines.end();
    const { result } = this;
    if (result === undefined) return { kind: 'unreadable', why: 'it ended without a result' };
    const text = textIn(result, 'result') ?? this.said;
    // It says `subtype: success` with `is_error: true` where the model's provider refused.
    if (result['is_error'] !== true) return { kind: 'text', text, dropped: 0, whole: true };
    const message = text === '' ? (textIn(result, 'subtype') ?? 'it failed without a reason') : text;
    return { kind: 'failed', message, status: amountIn(result, 'api_error_status') };
  }

  private hear(event: Fields): void {
    this.session = textIn(event, 'session_id') ?? this.session;
    this.model = textIn(event, 'model') ?? this.model;
    if (event['type'] === 'result') this.result = event;
    if (event['type'] === 'assistant') this.said = saidIn(recordIn(event, 'message')) ?? this.said;
  }
}

/** The text of a message; undefined for one without text, such as a call of a tool. */
function saidIn(message: Fields): string | undefined {
  const { content } = message;
  const texts = Array.isArray(content)
    ? content.flatMap((part: Fields | null) => (part?.['type'] === 'text' ? [textIn(part, 'text') ?? ''] : []))
    : [];
  return texts.length === 0 ? undefined : texts.join('');
}
