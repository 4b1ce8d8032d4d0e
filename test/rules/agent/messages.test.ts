/** The sandbox's parsers of an agent's messages agree with the zod schemas of the edges, on right values and on nearly right ones. */
import fc from 'fast-check';
import type { z } from 'zod';
import { AGENT_COMMANDS } from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import { commandSchemas, heartbeatSchema } from '../../../src/contract/schemas/agents';
import {
  parseAgentInput,
  parseCheck,
  parseConfiguration,
  parseHeartbeat,
  parseOptions,
  parseTurnRequested,
} from '../../../src/rules/agent/messages';
import { initialState } from '../../../src/rules/agent/input/initial-state';
import { agentInput } from './agents';
import { runs } from '../../support/runs';

/** The parsed value, or null for an `InvalidRequest`. */
function parsed(parse: () => unknown): { value: unknown } | null {
  try {
    return { value: parse() };
  } catch (error) {
    if (error instanceof DroverError && error.code === 'InvalidRequest') return null;
    throw error;
  }
}

function agree(schema: z.ZodType, parse: (value: unknown) => unknown, value: unknown): void {
  // As it travels: JSON knows no undefined.
  const sent: unknown = JSON.parse(JSON.stringify(value));
  const theirs = schema.safeParse(sent);
  expect(parsed(() => parse(sent))).toEqual(theirs.success ? { value: theirs.data } : null);
}

const odd = fc.constantFrom<unknown>(
  undefined,
  null,
  0,
  1,
  -1,
  1.5,
  true,
  '',
  'operator',
  'drain',
  '5s',
  '0s',
  '721h',
  '720h',
  'x'.repeat(64),
  'no such name!',
  [],
  {},
);
const field = fc.oneof(odd, fc.string({ maxLength: 5 }));
const names = ['hold', 'reason', 'mode', 'drainTimeout', 'cancelPending', 'grace', 'requestId', 'other', '__proto__'];
const object = fc.dictionary(fc.constantFrom(...names), field, { maxKeys: 4 });

test.each(AGENT_COMMANDS)('options of %s', (command) => {
  fc.assert(
    fc.property(
      fc.oneof(
        object,
        odd.filter((value) => value !== undefined && value !== null),
      ),
      (value) => {
        agree(commandSchemas[command], (given) => parseOptions(command, given), value);
      },
    ),
    { numRuns: runs(500) },
  );
});

test('no argument at all is the defaults, if a command needs none', () => {
  for (const command of AGENT_COMMANDS) {
    for (const nothing of [undefined, null]) {
      const needs = command === 'hold' || command === 'release';
      expect(parsed(() => parseOptions(command, nothing))).toEqual(needs ? null : { value: {} });
    }
  }
});

test('beats', () => {
  const beat = fc.record(
    {
      instanceId: field,
      seq: odd,
      status: fc.constantFrom('starting', 'ready', 'degraded', 'stopping', 'happy'),
      endpoint: fc.oneof(odd, fc.constantFrom('http://h:1/', 'https://h', 'http://u:p@h/', 'ftp://h', 'http://')),
      load: odd,
      more: odd,
    },
    { requiredKeys: ['instanceId', 'status'] },
  );
  fc.assert(
    fc.property(beat, (value) => {
      agree(heartbeatSchema, (given) => parseHeartbeat(given, 'heartbeat'), value);
    }),
    { numRuns: runs(1_000) },
  );
});

describe('what no edge sends', () => {
  const request = {
    turnId: 't',
    run: 'r',
    branch: '0',
    agent: 'A',
    task: 1,
    input: { kind: 'task', value: 1 },
    memory: [],
    mayInvoke: ['B'],
    attempt: 0,
    subscription: null,
  };
  const asked = { turnId: 't', replyTo: 'run/f/r/0', request };
  test.each<[string, () => unknown, boolean]>([
    ['a turn', () => parseTurnRequested(asked, 't'), true],
    ['a turn with a limit', () => parseTurnRequested({ ...asked, timeoutMs: 5 }, 't'), true],
    [
      'a turn of another kind',
      () => parseTurnRequested({ ...asked, request: { ...request, input: { kind: 'guess' } } }, 't'),
      false,
    ],
    ['a turn without input', () => parseTurnRequested({ ...asked, request: { ...request, input: null } }, 't'), false],
    ['a turn that never ends', () => parseTurnRequested({ ...asked, timeoutMs: 0 }, 't'), false],
    ['a check', () => parseCheck({ instanceId: 'i', passed: true, at: '2026-01-01T00:00:00Z' }, 'c'), true],
    ['a check at no time', () => parseCheck({ instanceId: 'i', passed: true, at: 'noon' }, 'c'), false],
    ['the smallest input', () => parseAgentInput({ v: 1, fleet: 'f', agent: 'a' }), true],
    ['an input without version', () => parseAgentInput({ fleet: 'f', agent: 'a' }), false],
    ['an input that is a list', () => parseAgentInput([]), false],
    ['a whole input', () => parseAgentInput(agentInput()), true],
    ['a state of another version', () => initialState({ v: 1, state: { v: 2 } }), false],
    [
      'a configuration without key',
      () => parseConfiguration({ incarnation: 'i', revision: 1, spec: agentInput().spec, resourceId: null }, 'c'),
      false,
    ],
  ])('%s', (_, parse, isRight) => {
    expect(parsed(parse) !== null).toBe(isRight);
  });

  test('an agent started by a service alone is an external one', () => {
    expect(initialState({ v: 1, fleet: 'f', agent: 'a' })).toMatchObject({
      status: 'pending',
      config: { revision: 0, spec: { name: 'a', provider: 'external' }, resourceId: null },
      settings: { staleAfterMs: 60_000 },
      holds: [],
    });
  });
});
