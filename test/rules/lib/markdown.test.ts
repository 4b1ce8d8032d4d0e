/** Texts from outside stay within their line of a card, and are shown as they are. */
import fc from 'fast-check';
import { withDecision } from '../../../src/rules/agent/decisions';
import { inline } from '../../../src/rules/lib/markdown';
import { card } from '../../../src/rules/agent/view';
import { changeCard } from '../../../src/rules/change/card';
import { troubleLines } from '../../../src/rules/lib/troubles';
import { newAgent } from '../../../src/rules/agent/state';
import { parseAgentInput } from '../../../src/rules/agent/messages';
import { runCard } from '../../../src/rules/run/view';
import { runs } from '../../support/runs';

const TEN_LINES = Array.from({ length: 10 }, (_, line) => `line ${String(line)}: | a | b | \`x\` **bold** <b>`).join(
  '\n',
);

/** The text that CommonMark shows for a line without markup: backslashes go, the characters stay. */
const read = (line: string): string => line.replace(/\\([!-/:-@[-`{-~])/g, '$1');
/** A character with a meaning that no backslash takes away. */
const OPEN = /(?<!\\)(?:\\\\)*[`*[\]<>|~&$]/;

test.each([
  ['two\nlines', 'two ⏎ lines'],
  ['a | b', 'a \\| b'],
  ['`code` and **bold**', '\\`code\\` and \\*\\*bold\\*\\*'],
  ['<img src=x>', '\\<img src=x\\>'],
  ['my_agent keeps _this_', 'my_agent keeps \\_this\\_'],
  ['# heading', '\\# heading'],
  ['- item', '\\- item'],
  ['1. first', '1\\. first'],
  ['C:\\temp', 'C:\\\\temp'],
  ['\r\n\n', ''],
])('%j becomes %j', (text, line) => {
  expect(inline(text)).toBe(line);
});

/** Any code point. `unit: 'binary'` would first list all of Unicode, for most of a second. */
const anyCodePoint = fc.nat(0x10_ff_ff).map((point) => String.fromCodePoint(point));

test('property: any text is one line, without open markup, that reads as the text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.string({ unit: anyCodePoint, maxLength: 80 }),
    fc.constant(TEN_LINES),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      const line = inline(text);
      expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
      expect(line).not.toMatch(OPEN);
      expect(line).not.toMatch(/^(?:[#+=-]|\d{1,9}[.)])/);
      if (/^[\p{L}\p{N}\p{P}\p{S} ]*$/u.test(text)) expect(read(line)).toBe(text.trim());
    }),
    { numRuns: runs(2_000) },
  );
});

/** The beginnings of a card's lines, which make its lists. */
const marks = (text: string): string[] => text.split('\n').map((line) => /^ *(?:- )?/.exec(line)?.[0] ?? '');

describe.each([
  ['plain', 'plain'],
  ['ten lines with markup', TEN_LINES],
])('a card with errors in %s', (_, error) => {
  test('of an agent has the same lines', () => {
    const state = newAgent(parseAgentInput({ v: 1, fleet: 'mars', agent: 'A' }));
    const decision = { by: 'x', what: 'wake', accepted: false, why: error };
    const holds = [{ name: 'h', reason: error, since: 't' }];
    const troubles = [{ what: 'wake', why: error, since: 't', attempts: 2 }];
    const decided = withDecision(state, withDecision(state, state, decision, 0), decision, 0);
    const text = card({ ...decided, holds }, troubles);
    expect(marks(text).filter((mark) => mark === '- ')).toHaveLength(6);
    expect(text).not.toMatch(/^line \d/m);
    expect(text.split('\n- ')).toHaveLength(7);
  });

  test('of a change, of a run and of troubles likewise', () => {
    const change = changeCard({
      changeId: 'c',
      revision: 1,
      state: 'rolled_back',
      steps: { created: 1, woken: 1, ready: 0, total: 1 },
      error,
      compensation: {
        state: 'failed',
        attempt: 1,
        entries: [{ kind: 'agent', name: 'A', key: 'k', resourceId: null, outcome: 'failed', error }],
        audit: [],
        metrics: { planned: 1, started: 1, completed: 0, failed: 1, refused: {} },
      },
      agents: [],
      ids: {},
    });
    expect(marks(change)).toEqual(['', '', '', '', '', '', '- ', '']);
    const result = { success: false, finalResponse: null, error, turns: 0, branches: [], barriers: [] };
    const question = { question: error, agent: 'A', branch: '0', since: 't' };
    const run = runCard({ fleet: 'f', run: 'r', state: 'failed', question, result, branches: [], compensation: null });
    expect(marks(run)).toEqual(['', '', '- ', '- ']);
    expect(troubleLines([{ what: error, why: error, since: 't', attempts: 1 }])[0]?.split('\n')).toHaveLength(1);
  });
});
