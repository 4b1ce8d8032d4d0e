import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadFleetFile, type LocatedProblem, parseFleetFile } from '../../../src/cli/files/fleet-file';
import { loadFleetFiles } from '../../../src/cli/files/fleet-files';
import { DroverError } from '../../../src/contract/errors';

const GOOD = `apiVersion: drover/v1
kind: Fleet
metadata: {name: mars}
spec:
  agents:
    - name: A
      provider: process
      process: {command: [node, agent.mjs], env: {LETTERS: M}}
    - name: B
      provider: process
      process: {command: [node, agent.mjs], cwd: sub}
  topology:
    flows: ["Start -> A", "A <-> B", "A -> End"]
`;

function refused(text: string): { message: string; errors: readonly LocatedProblem[] } {
  try {
    parseFleetFile(text, 'fleet.yaml');
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    expect(error.code).toBe('InvalidFleet');
    return { message: error.message, errors: error.details?.['errors'] as LocatedProblem[] };
  }
  throw new Error('the file was accepted');
}

test('a good file', () => {
  expect(parseFleetFile(GOOD, 'fleet.yaml')).toMatchObject({
    file: { metadata: { name: 'mars' }, spec: { agents: [{ name: 'A' }, { name: 'B' }] } },
    warnings: [],
  });
});

test.each([
  [
    '{timeout: 5, onInsufficient: perhaps, quorum: 1.5, speed: 1}',
    [
      'fleet.yaml:14:28: spec.topology.convergence.timeout: expected a string, got a number',
      'fleet.yaml:14:47: spec.topology.convergence.onInsufficient: expected one of fail, proceed, user',
      'fleet.yaml:14:64: spec.topology.convergence.quorum: expected a whole number, got a number with a fraction',
      'fleet.yaml:14:69: spec.topology.convergence.speed: unknown key; known are minRatio, onInsufficient, quorum, terminateOrphans, timeout',
    ],
  ],
  ['{minRatio: 1.5}', ['fleet.yaml:14:29: spec.topology.convergence.minRatio: a ratio is from 0 to 1']],
  [
    'sometimes',
    [
      'fleet.yaml:14:18: spec.topology.convergence: expected strict, majority, user, any, a ratio from 0 to 1, or an object such as {minRatio: 1, onInsufficient: fail}',
    ],
  ],
])('a convergence that is wrong names its fields: %s', (convergence, lines) => {
  expect(refused(`${GOOD}    convergence: ${convergence}\n`).message.split('\n')).toEqual(lines);
});

test.each(['', '\n\n', '# only a comment\n', '---\n', '\uFEFF'])('an empty file says so: %j', (text) => {
  expect(refused(text).message).toBe('fleet.yaml:1:1: the file is empty; drover init writes a first one');
});

test('a mistyped key or provider is answered with the one that was meant, and limits are said in words', () => {
  const text = `apiVersion: drover/v1
kind: Fleet
metadata: {name: mars}
spec:
  agents:
    - {name: A, provider: proces, process: {command: [a]}}
    - {name: B, provider: process, process: {comand: [a], evn: {}}}
    - {name: C, provider: external, replicas: 2000}
    - {name: D, provider: external, replicas: -1}
`;
  const lines = refused(text).message.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'fleet.yaml:6:27: spec.agents.0.provider: unknown provider "proces"; did you mean "process"? known are process, docker, external',
      'fleet.yaml:7:46: spec.agents.1.process.comand: unknown key; did you mean "command", "env"? known are command, cwd, env, passEnv',
      'fleet.yaml:7:59: spec.agents.1.process.evn: unknown key; did you mean "command", "env"? known are command, cwd, env, passEnv',
      'fleet.yaml:8:47: spec.agents.2.replicas: expected at most 1000',
      'fleet.yaml:9:47: spec.agents.3.replicas: expected at least 0',
    ]),
  );
});

test('all problems in one go, each with line and column', () => {
  const text = `apiVersion: drover/v1
kind: Fleet
metadata: {name: mars}
spec:
  colour: red
  liveness:
    staleAfter: 5 minutes
  agents:
    - name: worker
      provider: process
      process: {command: [node, agent.mjs]}
    - name: worker
      provider: podman
    - name: C
      provider: process
      process: {command: [], env: {N: 1}}
      subscription: {pool: claude}
  topology:
    flows: ["Start -> worker", "worker -> Absent"]
`;
  const { message, errors } = refused(text);
  expect(message.split('\n')).toEqual([
    'fleet.yaml:5:3: spec.colour: unknown key; known are provisioning, liveness, restart, agents, topology, subscriptions, notify, inbox',
    'fleet.yaml:7:17: spec.liveness.staleAfter: expected a duration such as 500ms, 5s, 2m or 1h',
    'fleet.yaml:12:13: spec.agents.1.name: Duplicate agent names not allowed: [worker]. Each agent must have a unique name.',
    'fleet.yaml:13:17: spec.agents.1.provider: unknown provider "podman"; known are process, docker, external',
    'fleet.yaml:16:26: spec.agents.2.process.command: needs at least one item',
    'fleet.yaml:16:39: spec.agents.2.process.env.N: expected a string, got a number',
    'fleet.yaml:17:28: spec.agents.2.subscription.pool: unknown pool "claude"; the file has no subscriptions',
    expect.stringMatching(/^fleet\.yaml:19:32: spec\.topology\.flows\.1: .*Absent/),
  ]);
  expect(errors[0]).toEqual({
    line: 5,
    column: 3,
    pointer: '/spec/colour',
    detail: 'unknown key; known are provisioning, liveness, restart, agents, topology, subscriptions, notify, inbox',
  });
});

test.each([
  ['process, adapter: {}', 'spec.agents.0.adapter: expected exactly one of acp, command, a2a'],
  [
    'process, adapter: {acp: {command: [x]}, command: {run: [x]}}',
    'spec.agents.0.adapter: expected exactly one of acp, command, a2a',
  ],
  [
    'process, adapter: {acp: {command: [x], permissions: yes}}',
    'spec.agents.0.adapter.acp.permissions: expected one of ask, allow, deny',
  ],
  ['process, adapter: {command: {run: []}}', 'spec.agents.0.adapter.command.run: needs at least one item'],
  [
    'process, adapter: {command: {run: [x], format: xml}}',
    'spec.agents.0.adapter.command.format: expected one of text, json, claude, codex',
  ],
  [
    'process, adapter: {command: {run: [x]}}, process: {command: [y], cwd: z}',
    'spec.agents.0.process.command: is not given beside an adapter; write adapter.command.run',
    'spec.agents.0.process.cwd: is not given beside an adapter; write adapter.command.cwd',
  ],
  [
    'process, adapter: {a2a: {card: nowhere, secret: mine, session: all}}',
    'spec.agents.0.adapter.a2a.card: expected an http or https URL without credentials',
    expect.stringMatching(/^spec\.agents\.0\.adapter\.a2a\.secret: expected a reference such as env:NAME/) as string,
    'spec.agents.0.adapter.a2a.session: expected one of agent, run, branch',
  ],
  [
    'process, adapter: {a2a: {card: "https://a.example"}}, process: {command: [y]}',
    'spec.agents.0.process.command: is not given beside an adapter; adapter.a2a calls a service, and starts no program of yours',
  ],
  [
    'process, adapter: {a2a: {card: "https://a.example", secret: "env:S"}}, subscription: {pool: p}',
    'spec.agents.0.adapter.a2a.secret: is not given beside a subscription, whose secret is used',
    'spec.agents.0.subscription.pool: unknown pool "p"; the file has no subscriptions',
  ],
  [
    'docker, docker: {image: x}, adapter: {command: {run: [x]}}',
    'spec.agents.0.adapter: does not belong to an agent of provider docker',
  ],
  ['process, process: {env: {A: b}}', 'spec.agents.0.process: needs "command", unless the agent has an "adapter"'],
])('an adapter of %s is refused', (agent, ...messages) => {
  const text = `apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: m}\nspec: {agents: [{name: A, provider: ${agent}}]}\n`;
  const lines = refused(text).message.split('\n');
  expect(lines.map((each) => each.replace(/^fleet\.yaml:\d+:\d+: /, ''))).toEqual(messages);
});

test('an adapter works in the folder of the file, or in one relative to it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-adapter-'));
  const path = join(folder, 'fleet.yaml');
  const adapted = (name: string, cwd: string) =>
    `{name: ${name}, provider: process, process: {env: {K: v}}, adapter: {command: {run: [x]${cwd}}}}`;
  const agents = [adapted('A', ''), adapted('B', ', cwd: repo')].join(', ');
  writeFileSync(path, `apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: m}\nspec: {agents: [${agents}]}\n`);
  const { file } = await loadFleetFile(path);
  rmSync(folder, { recursive: true });
  expect(file.spec.agents.map(({ adapter, process }) => [adapter?.command?.cwd, process])).toEqual([
    [folder, { env: { K: 'v' } }],
    [join(folder, 'repo'), { env: { K: 'v' } }],
  ]);
});

test.each([
  ['allow', 'A -> End', /^fleet\.yaml:\d+:\d+: spec\.agents\.0\.adapter\.acp: permissions: allow: each question of A/],
  ['ask', 'A -> End', /permissions: ask: no flow leads from A to User/],
  ['ask', 'A <-> User', null],
  ['deny', 'A -> End', null],
])('permissions: %s with the flow %s: the warning of plan and apply', (permissions, flow, warning) => {
  const agent = `{name: A, provider: process, adapter: {acp: {command: [x], permissions: ${permissions}}}}`;
  const flows = `['Start -> A', 'A -> End', '${flow}']`.replace("'A -> End', 'A -> End'", "'A -> End'");
  const spec = `spec: {agents: [${agent}], topology: {flows: ${flows}}}`;
  const { warnings } = parseFleetFile(
    `apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: m}\n${spec}\n`,
    'fleet.yaml',
  );
  expect(warnings).toEqual(warning === null ? [] : [expect.stringMatching(warning)]);
});

test('a missing field is reported at its place', () => {
  const text =
    'apiVersion: drover/v1\nkind: Fleet\nspec:\n  agents:\n    - name: A\n      provider: docker\n    - provider:\n';
  expect(refused(text).message.split('\n')).toEqual([
    'fleet.yaml:1:1: metadata: is missing',
    'fleet.yaml:5:7: spec.agents.0: an agent of provider docker needs "docker"',
    'fleet.yaml:7:7: spec.agents.1.name: is missing',
    'fleet.yaml:7:7: spec.agents.1.provider: unknown provider null; known are process, docker, external',
  ]);
});

test('a block of another provider is reported at its key', () => {
  const text = GOOD.replace('      process: {command: [node, agent.mjs], cwd: sub}', '      docker: {image: x}');
  expect(refused(text).message.split('\n')).toEqual([
    'fleet.yaml:9:7: spec.agents.1: an agent of provider process needs "process"',
    'fleet.yaml:11:7: spec.agents.1.docker: does not belong to an agent of provider process',
  ]);
});

test('syntax errors of YAML, with line and column', () => {
  expect(refused('spec:\n  agents: [\n').message).toMatch(/^fleet\.yaml:3:1: .*flow/i);
  expect(refused('kind: Fleet\nkind: Fleet\n').message).toMatch(/^fleet\.yaml:2:1: .*unique/);
  expect(refused('a: *nothing\n').message).toMatch(/^fleet\.yaml:1:4: .*alias/i);
});

test('a bomb of aliases is refused', () => {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of [...'bcdefg'].entries()) {
    const before = 'abcdefg'[index] ?? 'a';
    levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  expect(refused(levels.join('\n')).message).toMatch(/alias/i);
});

test.each(['', 'just text', '[]', '42', 'null'])('no fleet at all: %j', (text) => {
  expect(refused(text).errors.length).toBeGreaterThan(0);
});

test('property: any text is read or refused, and every problem has a place in the text', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'spec:',
      '\n',
      '  ',
      'agents:',
      '- name: A',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '"',
      '&a',
      '*a',
      'x',
      '#',
      '|',
      '\t',
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map((list) => list.join('')),
      ),
      (text) => {
        const lines = text.split('\n').length + 1;
        for (const { line, column } of refused(text).errors) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

describe('on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-fleet-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('the working folder of a process agent is relative to the file', async () => {
    const path = join(folder, 'fleet.yaml');
    writeFileSync(path, GOOD);
    const { file } = await loadFleetFile(path);
    expect(file.spec.agents.map((agent) => agent.process?.cwd)).toEqual([folder, join(folder, 'sub')]);
  });

  test.each([
    ['UTF-16', Buffer.from('\ufeff' + GOOD, 'utf16le')],
    ['Latin-1', Buffer.concat([Buffer.from(GOOD), Buffer.from('# caf\xe9\n', 'latin1')])],
  ])('a file in %s is refused, alone and in a folder of files', async (encoding, bytes) => {
    const path = join(folder, encoding, 'fleet.yaml');
    mkdirSync(join(folder, encoding));
    writeFileSync(path, bytes);
    const refused = { code: 'InvalidFleet', message: `${path} is not UTF-8 text: save it as UTF-8` };
    await expect(loadFleetFile(path)).rejects.toMatchObject(refused);
    await expect(loadFleetFiles([join(folder, encoding)], 'table')).rejects.toMatchObject(refused);
  });

  test('a byte order mark is not part of the text', async () => {
    const path = join(folder, 'marked.yaml');
    writeFileSync(path, `\ufeff${GOOD}`);
    expect((await loadFleetFile(path)).file.metadata.name).toBe(parseFleetFile(GOOD, 'f').file.metadata.name);
  });

  test('a file that is not there', async () => {
    await expect(loadFleetFile(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'InvalidFleet',
      message: expect.stringContaining('none.yaml cannot be read') as string,
    });
  });
});

test('a second document is reported as one', () => {
  expect(refused(`${GOOD}---\n${GOOD}`).message).toMatch(
    /: a second document begins here; a file holds one fleet or one scenario$/,
  );
});

test('a missing provider is reported', () => {
  const text = 'apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {agents: [{name: A}]}\n';
  expect(refused(text).message).toMatch(/spec\.agents\.0\.provider: is missing; known are process, docker, external/);
});
