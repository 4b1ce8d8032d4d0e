/**
 * A command line tool of the tests that behaves, and misbehaves, as its first argument says. The rest of
 * its arguments is what an adapter added, such as `--resume ID`.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [mode = '', ...rest] = process.argv.slice(2);
const print = (value) => process.stdout.write(typeof value === 'string' ? value : `${JSON.stringify(value)}\n`);
const input = mode === 'deaf' ? '' : readFileSync(0, 'utf8');
const file = (name) => join(process.cwd(), name);
appendFileSync(file('calls.jsonl'), `${JSON.stringify({ args: rest, input })}\n`);

const block = (reply) => `\`\`\`drover\n${JSON.stringify(reply)}\n\`\`\`\n`;
const invoke = (agent) =>
  `Passing it on.\n\n\`\`\`drover\n{"action":"invoke","invocations":[{"agent":"${agent}","request":"go"}]}\n\`\`\`\n`;
const resumed = rest.includes('--resume') ? rest[rest.indexOf('--resume') + 1] : undefined;
const claude = (result, more = {}) => {
  print('a notice that is not JSON\n');
  const session_id = resumed ?? 'c-1';
  print({ type: 'system', subtype: 'init', session_id, model: 'sonnet' });
  print({ type: 'assistant', session_id, message: { content: [{ type: 'text', text: 'thinking aloud' }] } });
  const usage = { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 5 };
  print({
    type: 'result',
    subtype: 'success',
    is_error: false,
    session_id,
    result,
    total_cost_usd: 0.5,
    usage,
    ...more,
  });
};
const codex = (
  text,
  end = { type: 'turn.completed', usage: { input_tokens: 7, cached_input_tokens: 3, output_tokens: 2 } },
) => {
  const at = rest.indexOf('resume');
  print({ type: 'thread.started', thread_id: at < 0 ? 'x-1' : rest[at + 1] });
  print({ type: 'turn.started' });
  print({ type: 'item.completed', item: { id: 'i1', type: 'reasoning', text: 'hm' } });
  if (text !== undefined) print({ type: 'item.completed', item: { id: 'i2', type: 'agent_message', text } });
  print(end);
};
const child = (options) => {
  const started = spawn('sleep', ['1000'], { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  writeFileSync(file('child.pid'), String(started.pid));
  started.unref();
};
const times = (name) => {
  appendFileSync(file(name), 'x');
  return readFileSync(file(name), 'utf8').length;
};

const modes = {
  answer: () => print('  the answer\n'),
  echo: () => print(input),
  deaf: () => print('heard nothing'),
  environment: () => print(process.env),
  invoke: () => print(invoke('B')),
  'invoke-other': () => print(invoke('Z')),
  'invoke-other-once': () => print(times('tries') === 1 ? invoke('Z') : invoke('B')),
  'broken-block': () => print('```drover\n{"action":\n```'),
  json: () => print({ any: ['thing'] }),
  'json-reply': () => print({ action: 'invoke', invocations: [{ agent: 'B', request: 1 }], usage: { costUsd: 2 } }),
  'no-json': () => print('plain words'),
  huge: () => print('x'.repeat(10 * 1024 * 1024)),
  'huge-json': () => print(JSON.stringify('x'.repeat(10 * 1024 * 1024))),
  'large-json': () => print({ any: ['x'.repeat(300 * 1024)] }),
  'large-block': () =>
    print(times('tries') === 1 ? block({ action: 'final', response: ['x'.repeat(300 * 1024)] }) : 'shorter'),
  'wrong-timeout': () => print(block({ action: 'ask', question: 'red?', timeout: 'soon' })),
  'huge-claude': () => claude('y'.repeat(10 * 1024 * 1024)),
  'not-logged-in': () => {
    console.error('Not logged in · Please run /login');
    process.exitCode = 1;
  },
  limited: () => {
    console.error('some progress');
    console.error("You've hit your usage limit, try again in 5 minutes");
    process.exitCode = 1;
  },
  crash: () => {
    console.error('TypeError: no such thing\n    at main');
    process.exitCode = 3;
  },
  hang: () => {
    writeFileSync(file('pid'), String(process.pid));
    process.on('SIGTERM', () => undefined);
    child({});
    setInterval(() => undefined, 1_000);
  },
  'spend-second': () => {
    if (times('tries') === 1) return setInterval(() => undefined, 1_000);
    print({ action: 'final', response: 'spent', usage: { costUsd: 0.5, inputTokens: 10, outputTokens: 2 } });
  },
  'leaves-child': () => {
    child({});
    print('done');
  },
  'leaves-daemon': () => {
    child({ detached: true });
    print('done');
  },
  'dies-after-text': () => {
    print('half an answer');
    process.kill(process.pid, 'SIGKILL');
  },
  claude: () => claude(`about ${input.length > 0 ? 'it' : 'nothing'}`),
  'claude-429': () =>
    claude('API Error: Request rejected (429) · resets in 5 minutes', { is_error: true, api_error_status: 429 }),
  'claude-logged-out': () => claude('Invalid API key · Please run /login', { is_error: true }),
  'claude-new-session': () => claude('again', { session_id: `c-${String(times('sessions') + 1)}` }),
  'claude-names-session': () => claude('fine', { session_id: JSON.parse(rest[0]) }),
  'claude-lost-session': () => {
    if (resumed === undefined) return claude('from the beginning');
    console.error(`No conversation found with session ID: ${resumed}`);
    process.exitCode = 1;
  },
  'claude-dies-after-result': () => {
    claude('whole');
    process.exitCode = 1;
  },
  'claude-no-result': () => print({ type: 'system', subtype: 'init', session_id: 'c-1' }),
  codex: () => codex('said'),
  'codex-429': () =>
    codex(undefined, {
      type: 'turn.failed',
      error: { message: 'exceeded retry limit, last status: 429 Too Many Requests' },
    }),
  'codex-dies': () => {
    codex('half', { type: 'item.started' });
    process.exitCode = 1;
  },
};
modes[mode]();
