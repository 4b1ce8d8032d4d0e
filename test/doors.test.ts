/**
 * Every door through which text of others comes in, fed with hostile text: it is taken within a bound and at whole characters,
 * or refused with an error of Drover's own; of an error's text the end is kept.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { ApplicationFailure } from '@temporalio/common';
import Fastify from 'fastify';
import fc from 'fast-check';
import { createMonitorActivities } from '../src/activities/monitor';
import { createNotificationActivities } from '../src/activities/notifications';
import { createSubscriptionActivities } from '../src/activities/subscriptions';
import { createTurnActivities } from '../src/activities/turns/turns';
import { createUndoActivities } from '../src/activities/turns/undo';
import { jsonOrText } from '../src/cli/lib/arguments';
import { parseFleetFile } from '../src/cli/files/fleet-file';
import { loadScenario, loadScript } from '../src/cli/files/scenario-file';
import { checkFleetSpec } from '../src/client/fleets/fleet-validation';
import { DroverError } from '../src/contract/errors';
import { boundedTail, isWellFormed, messageOf, utf8Bytes } from '../src/contract/text';
import { takeJsonBodies } from '../src/gateway/json-body';
import { sendProblem } from '../src/gateway/problem';
import { asProviderFailure } from '../src/activities/failures';
import { translated } from '../src/providers/docker/engine';
import { pullImage } from '../src/providers/docker/pull';
import { ExternalProvider } from '../src/providers/external';
import { providerError } from '../src/providers/provider';
import { parseAgentReport } from '../src/rules/change/messages';
import { checkTask } from '../src/rules/coordination/fan-out/limits';
import { checkReply } from '../src/rules/coordination/reply';
import { initialState } from '../src/rules/agent/input/initial-state';
import { parseRenewal } from '../src/rules/lease/messages';
import { parseHeartbeat, parseOptions, parseSilent, parseTurnRequested } from '../src/rules/agent/messages';
import { parseAnswer, parseQuestionAsked, parseTurnAnswered } from '../src/rules/run/messages';
import { mustCompile } from '../src/rules/topology/compile';
import { turnRequest } from './agent/turn-request';
import { view } from './gateway/agent-view';
import { callFor } from './providers/calls';
import { activityEnvironment } from './support/quiet';
import { runs } from './support/runs';

/** The most bytes of an error, or of a value that was taken. */
const MOST_BYTES = 32 * 1024;
const MARK = 'END';

const HOSTILE: Readonly<Record<string, string>> = {
  '10 MiB': `${'x'.repeat(10 * 1024 * 1024)}${MARK}`,
  'bytes that are not UTF-8': Buffer.alloc(1024 * 1024, 0xff).toString('utf8') + MARK,
  'half characters': `${'\ud83d'.repeat(100_000)}${MARK}`,
  '100,000 lists': '['.repeat(100_000) + ']'.repeat(100_000),
  '100,000 objects': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  'a number beyond 2^53': '{"id":12345678901234567890}',
  'a number that is too large': '{"id":1e400}',
};

let server: Server;
let body = '';
let status = 500;
const url = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    // Of a body that is too large the caller hangs up.
    response.on('error', () => undefined);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const TOPOLOGY = mustCompile({ flows: ['Start -> A', 'A -> End'], agents: ['A'] }, 'InvalidFleet');
const said = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
const read = (parse: (value: unknown, path: string) => unknown) => (text: string) =>
  said(parse(jsonOrText(text), 'it')).slice(0, 1_000);
const inActivity = <T>(work: () => Promise<T>): Promise<string> =>
  activityEnvironment().run(async () => said(await work()));
const environment = {};
const agentSecret = 'the-secret-of-agents';
const query = async <T>() => ({ ...view(), instanceId: 'i', endpoint: url(), runtime: 'running' }) as T;
const signal = () => Promise.reject(new DroverError('AgentNotFound', 'told'));
const calls = { query, signal } as never;
const subscription = { pool: 'p', name: 'a', assignment: 1, secret: 'env:NONE' };

/** Of a text that is an error as a whole. */
const ERRORS: Readonly<Record<string, (text: string) => string>> = {
  'what an error says': (text) => messageOf(new Error(text)),
  'an error of ours': (text) => new DroverError('Internal', text).message,
  'what a provider throws': (text) => asProviderFailure(new Error(text)).message,
  "a provider's own error": (text) => asProviderFailure(providerError(text)).message,
  "a log's tail, as exit details quote it": (text) => boundedTail(text),
  "an engine's error": (text) =>
    translated('make', Object.assign(new Error('x'), { statusCode: 500, json: { message: text } })).message,
  'an engine that is not there': (text) => translated('make', new Error(text)).message,
  'a fail': (text) => {
    const checked = checkReply(TOPOLOGY, 'A', { action: 'fail', error: text });
    return 'reply' in checked && checked.reply.action === 'fail' ? checked.reply.error : said(checked);
  },
};

/** Of a text within something else, or that is read. */
const DOORS: Readonly<Record<string, (text: string) => string | Promise<string>>> = {
  ...ERRORS,
  'a reply that is text': (text) => said(checkReply(TOPOLOGY, 'A', text)),
  'a name in a reply': (text) => said(checkReply(TOPOLOGY, 'A', { action: text })),
  'a target in a reply': (text) =>
    said(checkReply(TOPOLOGY, 'A', { action: 'invoke', invocations: [{ agent: text, request: 1 }] })),
  'a fleet file': (text) => said(parseFleetFile(text, 'f.yaml')),
  'a scenario': (text) => said(loadScenario(text, 's.yaml')),
  'a script': (text) => said(loadScript(text, 's.yaml')),
  'a task': (text) => {
    checkTask(jsonOrText(text));
    return 'taken';
  },
  'a spec': (text) => said(checkFleetSpec(jsonOrText(text))),
  'an answer to a question': read((value, path) => parseAnswer({ value }, path)),
  'a question': read((question, path) =>
    parseQuestionAsked({ questionId: 'q', branch: '0', agent: 'A', question }, path),
  ),
  'a reply by signal': read((reply, path) => parseTurnAnswered({ turnId: 't', outcome: { reply } }, path)),
  'a turn by signal': read(parseTurnRequested),
  'a beat': read((endpoint, path) => parseHeartbeat({ instanceId: 'i', status: 'ready', endpoint }, path)),
  'a silence': read((lease, path) => parseSilent({ lease, instanceId: 'i', n: 1, silentForMs: 1 }, path)),
  'a renewal of a lease': read((name, path) =>
    parseRenewal({ epoch: 1, n: 1, joined: [name], left: [], size: 1 }, path),
  ),
  'a report': read(parseAgentReport),
  'the reason of a command': read((reason) => parseOptions('pause', { reason })),
  'an input of an agent': read(initialState),
  'a state of an agent': read((state) => initialState({ v: 1, state })),
  'the progress of a pull': async (text) => {
    const heard: string[] = [];
    const pull = async () => Readable.from([`${JSON.stringify({ status: text })}\n`]);
    const preparing = { signal: new AbortController().signal, progress: (words: string) => void heard.push(words) };
    await pullImage({ pull } as never, 'image', 'pull', preparing);
    return heard.join('') || 'nothing';
  },
  'the error of a pull': async (text) => {
    const pull = async () => Readable.from([`${JSON.stringify({ error: text })}\n`]);
    const preparing = { signal: new AbortController().signal, progress: () => undefined };
    await pullImage({ pull } as never, 'image', 'pull', preparing);
    return 'pulled';
  },
  'a pull that is not JSON': async (text) => {
    const preparing = { signal: new AbortController().signal, progress: () => undefined };
    await pullImage({ pull: async () => Readable.from([text]) } as never, 'image', 'pull', preparing);
    return 'pulled';
  },
};

/** Services over HTTP: one answers 500, one 200. */
const SERVICES: Readonly<Record<string, () => Promise<string>>> = {
  'a turn': () =>
    inActivity(() =>
      createTurnActivities({ agentSecret, environment }).takeTurn({
        fleet: 'mars',
        agent: 'A',
        endpoint: url(),
        request: turnRequest({ turnId: 't' }),
        replyTo: 'w',
      }),
    ),
  'an undo': () =>
    inActivity(() =>
      createUndoActivities({ calls, agentSecret }).undoTurn({ fleet: 'mars', agent: 'A', turnId: 't', undo: 1 }),
    ),
  'a webhook': () =>
    inActivity(() =>
      createNotificationActivities({ calls, environment }).postWebhook({
        v: 1,
        event: { id: 'e', type: 'agent.ready', at: new Date(0).toISOString(), data: {} },
        target: { url: url() },
      }),
    ),
  'a new credential': () =>
    inActivity(() =>
      createSubscriptionActivities({ calls, agentSecret, environment: { NONE: 'secret of none' } }).reloadCredential({
        fleet: 'mars',
        agent: 'A',
        endpoint: url(),
        subscription,
      }),
    ),
  'a service': async () =>
    said(
      await new ExternalProvider({ gatewayUrl: 'http://127.0.0.1:1', agentSecret, environment }).create(
        callFor('doors', { provider: 'external', external: { create: `${url()}/create` } }),
      ),
    ),
};

/** The outcome in words. Rethrows an error that is not Drover's. */
async function outcome(act: () => string | Promise<string>): Promise<string> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DroverError || error instanceof ApplicationFailure) return error.message;
    throw error;
  }
}

function expectBounded(answer: string): void {
  expect(answer).not.toBe('');
  expect(utf8Bytes(answer)).toBeLessThan(MOST_BYTES);
  expect(isWellFormed(answer)).toBe(true);
}

describe.each(Object.keys(HOSTILE))('%s', (what) => {
  const text = HOSTILE[what] ?? '';

  test.each(Object.entries(DOORS))('%s', async (_door, act) => {
    expectBounded(await outcome(() => act(text)));
  });

  test.each(Object.entries(ERRORS))('%s keeps its end', async (_door, act) => {
    expect(await outcome(() => act(text))).toContain(text.slice(-3));
  });

  test.each(Object.keys(SERVICES).flatMap((door) => [500, 200].map((code) => [door, code] as const)))(
    'the answer to %s with %i',
    async (door, code) => {
      [body, status] = [text, code];
      expectBounded(await outcome(SERVICES[door] ?? (() => '')));
    },
  );

  test('the answer to a health check', async () => {
    [body, status] = [text, 200];
    const told: unknown[] = [];
    const mock = activityEnvironment();
    const tell = async (_subject: unknown, _signal: unknown, check: unknown) => {
      told.push(check);
      mock.cancel();
    };
    const watched = { agent: 'A', everyMs: 10, timeoutMs: 60_000, failures: 1, debounceMs: 1, renewMs: 10 };
    const monitor = createMonitorActivities({ calls: { query, signal: tell } as never, agentSecret });
    await mock
      .run(() => monitor.watchHealth({ fleet: 'mars', agents: [watched] }))
      .catch((error: unknown) => {
        if (told.length === 0) throw error;
      });
    expect(told[0]).toMatchObject({ instanceId: 'i', passed: true });
  });

  test('a body at the gateway', async () => {
    const app = Fastify();
    takeJsonBodies(app);
    app.setErrorHandler(sendProblem);
    app.post('/', ({ body: taken }) => ({ body: taken }));
    const headers = { 'content-type': 'application/json' };
    const answer = await app.inject({ method: 'POST', url: '/', headers, payload: text });
    expect([400, 413, 422]).toContain(answer.statusCode);
    expect(answer.headers['content-type']).toMatch(/problem\+json/u);
    expectBounded(answer.body);
    await app.close();
  });
});

test('any text, through every door that needs no server', async () => {
  const any = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3_000 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3_000 }).map((units) => String.fromCharCode(...units)),
    fc.json(),
  );
  await fc.assert(
    fc.asyncProperty(any, async (text) => {
      for (const [door, act] of Object.entries(DOORS)) {
        const answer = await outcome(() => act(text));
        expect([door, utf8Bytes(answer) < MOST_BYTES]).toEqual([door, true]);
        if (door in ERRORS) expect([door, isWellFormed(answer)]).toEqual([door, true]);
      }
    }),
    { numRuns: runs(100) },
  );
});
