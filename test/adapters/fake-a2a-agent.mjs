/**
 * An A2A agent of the tests, made with the server of the protocol's own library, that behaves and misbehaves
 * as the text of a message says: `do: WORD …`. `GET /calls` tells what has arrived, `POST /free` lets
 * tasks go on that wait.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { text as textFrom } from 'node:stream/consumers';
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
} from '@a2a-js/sdk/server';

const STATE = { working: 2, completed: 3, failed: 4, canceled: 5, inputRequired: 6, rejected: 7, authRequired: 8 };
const calls = [];
const unavailable = new Map();
let free = () => undefined;
let freed = new Promise((resolve) => (free = resolve));

const part = (value) => ({
  content: { $case: 'text', value },
  metadata: undefined,
  filename: '',
  mediaType: 'text/plain',
});
const data = (value) => ({
  content: { $case: 'data', value },
  metadata: undefined,
  filename: '',
  mediaType: 'application/json',
});

function toolsOf(context, bus) {
  const { taskId, contextId, userMessage } = context;
  const message = (text, more = {}) => ({
    messageId: randomUUID(),
    contextId,
    taskId: '',
    role: 2,
    parts: [part(text)],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
    ...more,
  });
  const status = (state, text) => ({
    state,
    message: text === undefined ? undefined : message(text, { taskId }),
    timestamp: new Date().toISOString(),
  });
  return {
    say: (text) => bus.publish(AgentEvent.message(message(text))),
    begin: () =>
      bus.publish(
        AgentEvent.task({
          id: taskId,
          contextId,
          status: status(STATE.working),
          artifacts: [],
          history: [userMessage],
          metadata: undefined,
        }),
      ),
    state: (state, text) =>
      bus.publish(AgentEvent.statusUpdate({ taskId, contextId, status: status(state, text), metadata: undefined })),
    artifact: (parts, { id = 'a', append = false } = {}) =>
      bus.publish(
        AgentEvent.artifactUpdate({
          taskId,
          contextId,
          append,
          lastChunk: false,
          metadata: undefined,
          artifact: { artifactId: id, name: '', description: '', parts, metadata: undefined, extensions: [] },
        }),
      ),
  };
}

const block = (agent) =>
  `Hand over.\n\n\`\`\`drover\n${JSON.stringify({ action: 'invoke', invocations: [{ agent, request: 'go' }] })}\n\`\`\``;

const DEEDS = {
  answer: ({ say }) => say('the answer'),
  echo: ({ say, text }) => say(text),
  stream: ({ begin, state, artifact }) => {
    begin();
    state(STATE.working, 'reads the sources');
    artifact([part('It is')]);
    artifact([part(' fine.')], { append: true });
    state(STATE.completed);
  },
  data: ({ begin, artifact, state }) => {
    begin();
    artifact([data({ letters: ['M', 'A'] })]);
    state(STATE.completed);
  },
  ask: ({ begin, state, artifact, answer }) => {
    begin();
    if (answer === undefined) {
      return state(STATE.inputRequired, 'Which colour?');
    }
    artifact([part(`painted ${answer}`)]);
    return state(STATE.completed);
  },
  'status-answer': ({ begin, state }) => {
    begin();
    state(STATE.completed, 'said by its status');
  },
  fail: ({ begin, state }) => (begin(), state(STATE.failed, 'the disk is full')),
  reject: ({ begin, state }) => (begin(), state(STATE.rejected, 'not my field')),
  login: ({ begin, state }) => (begin(), state(STATE.authRequired, 'sign in again')),
  huge: ({ begin, artifact, state }) => {
    begin();
    for (let chunk = 0; chunk < 10; chunk += 1) artifact([part('x'.repeat(1024 * 1024))], { append: chunk > 0 });
    state(STATE.completed);
  },
  invoke: ({ say }) => say(block('B')),
  'invoke-other-once': ({ say, text }) => say(block(text.includes('not a valid reply') ? 'B' : 'Z')),
  async wait({ begin, artifact, state }) {
    begin();
    await freed;
    artifact([part('freed')]);
    state(STATE.completed);
  },
  async cancelled({ begin }) {
    begin();
    await freed;
  },
  unavailable: ({ say }) => say('back again'),
  nothing: () => undefined,
};

const deeds = new Map();
const executor = {
  async execute(context, bus) {
    const text = context.userMessage.parts
      .map(({ content }) => (content.$case === 'text' ? content.value : JSON.stringify(content.value)))
      .join('\n');
    const [, deed = deeds.get(context.contextId) ?? 'answer'] = /do: ([\w-]+)/.exec(text) ?? [];
    deeds.set(context.contextId, deed);
    const answer = context.task === undefined ? undefined : text;
    await DEEDS[deed]({ ...toolsOf(context, bus), text, answer });
    bus.finished();
  },
  async cancelTask(taskId, bus) {
    calls.push({ method: 'executor.cancelTask', taskId });
    const task = await store.load(taskId, new ServerCallContext());
    const status = { state: STATE.canceled, message: undefined, timestamp: new Date().toISOString() };
    bus.publish(AgentEvent.statusUpdate({ taskId, contextId: task.contextId, status, metadata: undefined }));
    bus.finished();
  },
};

let store = new InMemoryTaskStore();
const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${String(server.address().port)}`;

const card = (change = {}) => ({
  name: 'fake',
  description: '',
  version: '1',
  provider: undefined,
  securitySchemes: {},
  securityRequirements: [],
  supportedInterfaces: [{ url: `${url}/rpc`, protocolBinding: 'JSONRPC', tenant: '', protocolVersion: '1.0' }],
  capabilities: { streaming: true, extensions: [] },
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [],
  signatures: [],
  ...change,
});
const interfaces = (change) => [{ ...card().supportedInterfaces[0], ...change }];
const keyScheme = { key: { apiKeySecurityScheme: { description: '', location: 'header', name: 'X-Key' } } };
const CARDS = {
  '/card.json': card(),
  '/plain.json': card({
    capabilities: { streaming: false, extensions: [] },
    supportedInterfaces: interfaces({ url: `${url}/plain` }),
  }),
  '/key.json': card({ securitySchemes: keyScheme }),
  '/grpc.json': card({ supportedInterfaces: interfaces({ protocolBinding: 'GRPC' }) }),
  '/elsewhere.json': card({ supportedInterfaces: interfaces({ url: 'https://elsewhere.example.com/rpc' }) }),
  '/empty.json': card({ supportedInterfaces: [] }),
  '/other.json': { hello: 'world' },
};
const handlers = {};
const restart = () => {
  store = new InMemoryTaskStore();
  for (const [path, name] of [
    ['/rpc', '/card.json'],
    ['/plain', '/plain.json'],
  ])
    handlers[path] = new JsonRpcTransportHandler(new DefaultRequestHandler(CARDS[name], store, executor));
};
restart();

async function answer(request, response) {
  const json = (status, value, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  const path = request.url ?? '';
  const { authorization, 'x-key': key } = request.headers;
  if (path === '/calls') return json(200, calls.splice(0));
  if (path === '/free') {
    free();
    freed = new Promise((resolve) => (free = resolve));
    return json(200, {});
  }
  if (path === '/restart') return json(200, restart() ?? {});
  if (path === '/moved.json') return response.writeHead(302, { location: `${url}/card.json` }).end();
  if (path === '/page.json') return response.writeHead(200).end('<html>');
  if (path === '/locked.json' && authorization !== 'Bearer right') return json(401, { error: `no ${authorization}` });
  if (CARDS[path] ?? path === '/locked.json') return json(200, CARDS[path] ?? card());
  if (!handlers[path]) return json(404, {});
  const body = JSON.parse(await textFrom(request));
  const { message } = body.params;
  calls.push({
    method: body.method,
    authorization,
    key,
    taskId: body.params.id ?? message?.taskId,
    contextId: message?.contextId,
    messageId: message?.messageId,
  });
  const said = JSON.stringify(message ?? '');
  if (authorization === 'Bearer wrong') return json(401, { error: 'unknown key wrong' });
  if (authorization === 'Bearer spent') return json(429, { error: 'too many requests' }, { 'retry-after': '600' });
  if (said.includes('do: gone')) return request.socket.destroy();
  if (said.includes('do: away')) return json(503, { error: 'starting' });
  if (said.includes('do: unavailable') && !unavailable.has(message.messageId)) {
    unavailable.set(message.messageId, true);
    return json(503, {}, { 'retry-after': '0' });
  }
  const result = await handlers[path].handle(body, new ServerCallContext({ requestedVersion: '1.0' }));
  if (typeof result[Symbol.asyncIterator] !== 'function') return json(200, result);
  const iterator = result[Symbol.asyncIterator]();
  let first;
  try {
    first = await iterator.next();
  } catch (error) {
    return json(200, { jsonrpc: '2.0', id: body.id, error: JsonRpcTransportHandler.mapToJSONRPCError(error) });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let events = 0;
  for (let next = first; !next.done; next = await iterator.next()) {
    const event = next.value;
    events += 1;
    response.write(`data: ${JSON.stringify(event)}\n\n`);
    // The task goes on without its listener.
    if (said.includes('breaks') && events === 1) request.socket.destroySoon();
  }
  return response.end();
}

console.log(url);
