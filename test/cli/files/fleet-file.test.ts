/** Reads fleet files: every problem with its place. */
import { parseFleetFile } from '../../../src/cli/files/fleet-file';
import { GOOD, refused } from './fleet-texts';

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

test('a missing provider is reported', () => {
  const text = 'apiVersion: drover/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {agents: [{name: A}]}\n';
  expect(refused(text).message).toMatch(/spec\.agents\.0\.provider: is missing; known are process, docker, external/);
});
