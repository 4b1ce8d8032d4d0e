/** docs/temporal.md: its tables are those of the code, and its snippets for TypeScript and the CLI do what they say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { resourceOfAgent } from '../../src/contract/agent/messages';
import * as api from '../../src/workflow-api';
import { page, ROOT } from './pages';
import { type Mars, startMars } from './six-tasks';
import { snippets } from './temporal-snippets';

const text = page('docs/temporal.md');

/** The section of a workflow type. */
const section = (type: string): string => (text.split(`\n### \`${type}\`\n`)[1] ?? '').split(/\n##/)[0] ?? '';

/** The names in the table of a section, with their kinds. */
function rowsOf(type: string): [string, string][] {
  return [...section(type).matchAll(/^\| `(\w+)` \| (update, signal|update|signal|query) \|/gm)].map(
    ([, name = '', kind = '']) => [name, kind],
  );
}

type Definitions = Readonly<Record<string, { readonly name: string }>>;

test.each<[string, Definitions, Definitions]>([
  ['agent', api.agentUpdates, { ...api.agentSignals, allocationGranted: api.allocationGranted }],
  ['fleet', api.fleetUpdates, api.fleetSignals],
  ['provision', api.provisionUpdates, { ...api.provisionSignals, agentReported: api.agentReported }],
  ['pool', api.poolUpdates, api.poolSignals],
  ['run', api.runUpdates, api.runSignals],
  ['branch', {}, api.branchSignals],
  ['lease', {}, { renewLease: api.renewLease }],
])('the table of `%s` has every message of the contract, and no other', (type, updates, signals) => {
  const kinds = new Map<string, string[]>([['describe', ['query']]]);
  if (type === 'agent') kinds.set(resourceOfAgent.name, ['query']);
  for (const { name } of Object.values(updates)) kinds.set(name, ['update']);
  for (const { name } of Object.values(signals)) kinds.set(name, [...(kinds.get(name) ?? []), 'signal']);
  const wished = [...kinds].map(([name, kind]): [string, string] => [name, kind.join(', ')]);
  expect(rowsOf(type).sort()).toEqual(wished.sort());
});

test('every workflow type has a section with its id', () => {
  const ids = {
    agent: api.agentWorkflowId('<fleet>', '<agent>'),
    fleet: api.fleetWorkflowId('<fleet>'),
    pool: api.poolWorkflowId('<pool>'),
    run: api.runWorkflowId('<fleet>', '<run>'),
    branch: api.branchWorkflowId('<fleet>', '<run>', '<branch>'),
    notify: api.notifyWorkflowId('<eventId>'),
    lease: 'lease/<instance>/<shard>/<epoch>',
    provision: 'provision/<fleet>/<revision>',
  };
  for (const [type, id] of Object.entries(ids)) expect(section(type)).toContain(`Id \`${id}\``);
});

describe('the six tasks', () => {
  // Within the package, so that the snippets find `drover/workflow` as in an installed one.
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const programs = mkdtempSync(join(ROOT, '.cache/snippets-'));
  let mars: Mars;

  beforeAll(async () => {
    mars = await startMars();
  });
  afterAll(async () => {
    await mars.end();
    rmSync(programs, { recursive: true, force: true });
  });

  test('by the snippets in TypeScript', async () => {
    const setup = snippets(text, 'ts setup')[0] ?? '';
    await mars.doTasks(snippets(text, 'ts'), (snippet, name) => {
      const file = join(programs, `${name}.mjs`);
      const whole = `${setup}\n${snippet}\nawait connection.close();\n`;
      writeFileSync(file, transformSync(whole, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }).code);
      return mars.output(process.execPath, [file]);
    });
  });

  test("by the snippets for Temporal's CLI", async () => {
    await mars.doTasks(snippets(text, 'sh'), (snippet) => mars.output('sh', ['-ec', snippet]));
  });
});
