/**
 * An ACP agent of the tests, built on the protocol's own library, that behaves and misbehaves as the text
 * of a request says: `do: WORD …`. It keeps its sessions in a file of its folder, as real agents do.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { agent, methods, ndJsonStream, PROTOCOL_VERSION, RequestError } from '@agentclientprotocol/sdk/unstable';

const [mode = 'usual'] = process.argv.slice(2);
const LOG = join(process.cwd(), process.env.FAKE_LOG ?? 'acp.jsonl');
const log = (event, more = {}) =>
  appendFileSync(LOG, `${JSON.stringify({ event, pid: process.pid, key: process.env.API_KEY, ...more })}\n`);
const STORE = join(process.cwd(), process.env.FAKE_STORE ?? 'sessions.json');
const stored = () => (existsSync(STORE) ? JSON.parse(readFileSync(STORE, 'utf8')) : {});
const servers = new Map();
const cancelled = new Map();
const costs = new Map();

log('start', { env: Object.keys(process.env) });
if (mode === 'no-json') console.log('Welcome! What do you want to do today?');
if (mode === 'crashes') {
  console.error('Error: no configuration found');
  process.exit(3);
}

/** Calls a tool of the session's MCP server, as models do. */
async function tool(sessionId, name, args) {
  const server = servers.get(sessionId);
  if (server === undefined) throw new Error('no MCP server was given');
  const headers = Object.fromEntries(server.headers.map((header) => [header.name, header.value]));
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  });
  const text = await response.text();
  if (!response.ok) return { status: response.status, text };
  const data = text.includes('data: ') ? text.slice(text.indexOf('data: ') + 6) : text;
  const { result, error } = JSON.parse(data);
  return {
    status: response.status,
    isError: result?.isError ?? true,
    text: result?.content?.[0]?.text ?? error?.message,
  };
}

/** Posts a text to the MCP server as it is. */
async function post(sessionId, body) {
  const { url, headers } = servers.get(sessionId);
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    },
    body,
  });
  return { status: response.status, text: (await response.text()).slice(0, 500) };
}

const MODES = {
  /** Collects letters as the agents of examples/mars do. */
  async mars({ sessionId, text, say }) {
    const letters = process.env.LETTERS;
    const targets = (/You may hand over to: ([^\n.]*)\./.exec(text)?.[1] ?? '').split(', ').filter(Boolean);
    if (letters !== undefined) {
      const request = /^The request of \w+ to you:\n([^]*?)\n\n/m.exec(text)?.[1] ?? '';
      const given = /^letters:(\w*)$/.exec(request)?.[1] ?? '';
      await tool(sessionId, 'invoke', { invocations: [{ agent: targets[0], request: `letters:${given}${letters}` }] });
    } else if (text.includes('Your task:')) {
      await tool(sessionId, 'invoke', { invocations: targets.map((name) => ({ agent: name, request: 'letters:' })) });
    } else {
      const answers = [...text.matchAll(/^The answer of (\w+):\nletters:(\w+)$/gm)].sort((a, b) =>
        a[1] < b[1] ? -1 : 1,
      );
      await say(answers.map(([, , word]) => word).join(''));
    }
  },
};

const USED = { stopReason: 'end_turn', usage: { totalTokens: 12, inputTokens: 7, outputTokens: 5 } };

const DEEDS = {
  answer: ({ say }) => say('the answer'),
  recall: ({ sessionId, say }) => say(`this session has had ${stored()[sessionId].prompts.length} prompts`),
  async 'two-messages'({ say, update }) {
    await say('I will look at it.');
    await update({ sessionUpdate: 'tool_call', toolCallId: 't1', title: 'reads the sources', kind: 'read' });
    await say('It is');
    await say(' fine.');
  },
  async tool({ sessionId, args: [name, json] }) {
    log('tool', { result: await tool(sessionId, name, JSON.parse(json)) });
  },
  async twice({ sessionId }) {
    log('tool', { result: await tool(sessionId, 'final', { response: 'first' }) });
    log('tool', { result: await tool(sessionId, 'final', { response: 'second' }) });
  },
  async 'wrong-then-right'({ sessionId }) {
    log('tool', { result: await tool(sessionId, 'invoke', { invocations: [{ agent: 'Z', request: 1 }] }) });
    log('tool', { result: await tool(sessionId, 'invoke', { invocations: [{ agent: 'B', request: 1 }] }) });
  },
  async 'wrong-token'({ sessionId, say }) {
    const server = servers.get(sessionId);
    servers.set(sessionId, { ...server, headers: [{ name: 'Authorization', value: 'Bearer guessed' }] });
    await say(`refused with ${(await tool(sessionId, 'final', { response: 'x' })).status}`);
    servers.set(sessionId, server);
  },
  /** Calls its tools as no model should, and then as it should. */
  async garbage({ sessionId }) {
    const call = async (name, args) => log('garbage', { result: await tool(sessionId, name, args) });
    log('garbage', { result: await post(sessionId, 'not JSON') });
    log('garbage', { result: await post(sessionId, '[]') });
    await call('nothing', {});
    await call('invoke', {});
    await call('invoke', { invocations: 'B' });
    await call('invoke', { invocations: [] });
    await call('invoke', { invocations: [{ agent: 7, request: 1 }] });
    await call('invoke', { invocations: [{ agent: 'B' }] });
    await call('invoke', { invocations: Array(1_001).fill({ agent: 'B', request: 1 }) });
    await call('final', {});
    await call('final', { response: JSON.parse('['.repeat(500) + ']'.repeat(500)) });
    await call('final', { response: 'x'.repeat(300 * 1024) });
    await call('final', { response: 'x'.repeat(10 * 1024 * 1024) });
    await call('ask', { question: 3 });
    await call('fail', {});
    await call('final', { response: 'after all' });
  },
  /** One line that is longer than a message may be. It goes on running. */
  async flood() {
    for (let megabyte = 0; megabyte < 40; megabyte += 1) process.stdout.write('x'.repeat(1024 * 1024));
    await new Promise(() => undefined);
  },
  /** It goes on running, and cannot answer. */
  async 'closes-output'() {
    setInterval(() => undefined, 1_000);
    closeSync(1);
    await new Promise(() => undefined);
  },
  async 'odd-end'({ say, args: [json] }) {
    await say('it is fine');
    return JSON.parse(json);
  },
  async late({ sessionId, say }) {
    await say('done');
    setTimeout(async () => log('tool', { result: await tool(sessionId, 'final', { response: 'late' }) }), 200);
  },
  async 'dies-after-reply'({ sessionId }) {
    await tool(sessionId, 'final', { response: 'kept' });
    process.exit(1);
  },
  async permission({ ask, say }) {
    await say(`was told ${await ask('run npm test', { command: 'npm test' })}`);
  },
  async 'permission-twice'({ ask, say }) {
    const answers = await Promise.all([ask('first', 1), ask('second', 2)]);
    await say(answers.join(' and '));
  },
  async stop({ args: [reason] }) {
    return { stopReason: reason };
  },
  async error({ args: [code, ...words] }) {
    throw new RequestError(-32_603, 'Internal error', { details: words.join(' '), status: Number(code) });
  },
  async 'limited-key'({ say }) {
    if (process.env.API_KEY === 'first')
      throw new RequestError(-32_603, 'Internal error', { details: 'API Error: 429 Too Many Requests' });
    await say(`with ${process.env.API_KEY}`);
  },
  /** Spends, and is refused where its key is the first one. Then it passes the rest on, if it may. */
  async 'limited-spend'(context) {
    await DEEDS.spend(context);
    if (process.env.API_KEY === 'first')
      throw new RequestError(-32_603, 'Internal error', { details: 'API Error: 429 Too Many Requests' });
    await tool(context.sessionId, 'invoke', { invocations: [{ agent: 'Tool', request: 'go' }] });
    return USED;
  },
  async auth() {
    throw RequestError.authRequired();
  },
  async hang() {
    log('hangs');
    await new Promise(() => undefined);
  },
  async 'hangs-after-reply'({ sessionId }) {
    await tool(sessionId, 'final', { response: 'given' });
    await new Promise(() => undefined);
  },
  async wait({ sessionId, say }) {
    log('waiting');
    while (!cancelled.get(sessionId)) await new Promise((resolve) => setTimeout(resolve, 20));
    await say('was cancelled');
    return { stopReason: 'cancelled' };
  },
  exit: () => process.exit(7),
  async child({ say }) {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync('child.pid', String(child.pid));
    await say('started');
  },
  huge: ({ say }) => say('x'.repeat(10 * 1024 * 1024)),
  async files({ client, sessionId, say, args: [path] }) {
    const call = (method, more) =>
      client.request(method, { sessionId, path, ...more }).then(
        (value) => value.content ?? 'ok',
        (error) => `refused: ${error.message}`,
      );
    await say(
      `${await call(methods.client.fs.writeTextFile, { content: 'one\ntwo\nthree' })}; ${await call(methods.client.fs.readTextFile, { line: 2, limit: 1 })}`,
    );
  },
  async terminal({ client, sessionId, say, args: [cwd] }) {
    const { terminalId } = await client.request(methods.client.terminal.create, {
      sessionId,
      command: 'sh',
      args: ['-c', 'pwd; echo $DROVER_TOKEN; exit 4'],
      cwd,
    });
    const { exitCode } = await client.request(methods.client.terminal.waitForExit, { sessionId, terminalId });
    const { output } = await client.request(methods.client.terminal.output, { sessionId, terminalId });
    await client.request(methods.client.terminal.release, { sessionId, terminalId });
    await say(`${exitCode}: ${output}`);
  },
  async spend({ update, sessionId }, amount = 0.25) {
    costs.set(sessionId, (costs.get(sessionId) ?? 0) + amount);
    const cost = { amount: costs.get(sessionId), currency: 'USD' };
    await update({ sessionUpdate: 'usage_update', used: 10, size: 100, cost });
  },
  async usage(context) {
    await DEEDS.spend(context);
    await context.say('cheap');
    return USED;
  },
  async free(context) {
    await DEEDS.spend(context, 0);
    await context.say('free');
    return USED;
  },
};

function open(sessionId, mcpServers) {
  const server = mcpServers.find(({ name }) => name === 'drover');
  if (server !== undefined) servers.set(sessionId, server);
}

/** In mode `auto` it begins, as Claude Code does, in a session mode without questions. */
const unasked = new Set();
function modesOf(sessionId) {
  if (mode !== 'auto') return {};
  unasked.add(sessionId);
  const availableModes = ['auto', 'default', 'plan'].map((id) => ({ id, name: id }));
  return { modes: { currentModeId: 'auto', availableModes } };
}

/** Ids of agents that keep no list of their sessions. */
let began = 0;
const NUMBERED = { 'one-session': () => 'the-session', 'counts-from-one': () => `s-${began}` };

const capabilities = {
  mcpCapabilities: { http: mode !== 'no-http' },
  sessionCapabilities: ['no-resume', 'counts-from-one'].includes(mode) ? {} : { resume: {}, close: {} },
};
const app = agent({ name: 'fake' })
  .onRequest(methods.agent.initialize, ({ params }) => {
    log('initialize', { capabilities: params.clientCapabilities });
    if (mode === 'silent') return new Promise(() => undefined);
    return { protocolVersion: mode === 'newer' ? 99 : PROTOCOL_VERSION, agentCapabilities: capabilities };
  })
  .onRequest(methods.agent.session.new, ({ params }) => {
    if (mode === 'logged-out') throw RequestError.authRequired();
    if (mode === 'no-id') return {};
    if (mode === 'silent-new' && !existsSync('was-silent')) {
      writeFileSync('was-silent', '');
      return new Promise(() => undefined);
    }
    const all = stored();
    began += 1;
    const sessionId = NUMBERED[mode]?.() ?? `s-${Object.keys(all).length + 1}-${process.env.FAKE_NAME ?? ''}`;
    writeFileSync(STORE, JSON.stringify({ ...all, [sessionId]: { cwd: params.cwd, prompts: [] } }));
    log('new', { sessionId, meta: params._meta });
    open(sessionId, params.mcpServers);
    return { sessionId, ...modesOf(sessionId) };
  })
  .onRequest(methods.agent.session.resume, async ({ params, client }) => {
    if (stored()[params.sessionId] === undefined) throw RequestError.resourceNotFound(params.sessionId);
    log('resume', { sessionId: params.sessionId });
    open(params.sessionId, params.mcpServers);
    // Agents that count in their stored messages tell it when they open a session; others begin with zero.
    if (mode === 'counts-stored') {
      costs.set(params.sessionId, stored()[params.sessionId].prompts.length * 0.25);
      await DEEDS.spend(
        {
          update: (value) =>
            client.notify(methods.client.session.update, { sessionId: params.sessionId, update: value }),
          sessionId: params.sessionId,
        },
        0,
      );
    }
    return modesOf(params.sessionId);
  })
  .onRequest(methods.agent.session.setMode, ({ params: { sessionId, modeId } }) => {
    log('mode', { sessionId, modeId });
    unasked.delete(sessionId);
    return {};
  })
  .onRequest(methods.agent.session.close, ({ params }) => {
    log('close', { sessionId: params.sessionId });
    return {};
  })
  .onNotification(methods.agent.session.cancel, ({ params }) => {
    log('cancel', { sessionId: params.sessionId });
    cancelled.set(params.sessionId, true);
  })
  .onRequest(methods.agent.session.prompt, async ({ params, client }) => {
    const { sessionId, prompt } = params;
    const text = prompt.map((block) => block.text ?? '').join('\n');
    cancelled.set(sessionId, false);
    log('prompt', { sessionId, text });
    const all = stored();
    writeFileSync(
      STORE,
      JSON.stringify({ ...all, [sessionId]: { ...all[sessionId], prompts: [...all[sessionId].prompts, text] } }),
    );
    const update = (value) => client.notify(methods.client.session.update, { sessionId, update: value });
    const say = (words) => update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: words } });
    const options = [
      { optionId: 'yes', name: 'Yes', kind: 'allow_once' },
      { optionId: 'ever', name: 'Always', kind: 'allow_always' },
      { optionId: 'no', name: 'No', kind: 'reject_once' },
    ];
    const ask = async (title, rawInput) => {
      if (unasked.has(sessionId)) return 'nothing';
      const toolCall = { toolCallId: title, title, kind: 'execute', rawInput };
      const { outcome } = await client.request(methods.client.session.requestPermission, {
        sessionId,
        toolCall,
        options,
      });
      log('permission', { title, outcome });
      return outcome.optionId ?? outcome.outcome;
    };
    const context = { sessionId, text, client, update, say, ask };
    if (MODES[mode]) return (await MODES[mode](context)) ?? { stopReason: 'end_turn' };
    const [, deed = 'answer', rest = ''] = /do: ([\w-]+)(?: ([^\n]*))?/.exec(text) ?? [];
    const args = deed === 'tool' ? [rest.split(' ')[0], rest.slice(rest.indexOf(' ') + 1)] : rest.split(' ');
    return (await DEEDS[deed]({ ...context, args })) ?? { stopReason: 'end_turn' };
  });

app.connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
