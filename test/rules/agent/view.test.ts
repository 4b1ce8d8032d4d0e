/** The fields of a specification in the view of its agent. */
import type { AgentSpec } from '../../../src/contract/agent';
import { agentView } from '../../../src/rules/agent/view';
import { agentIn } from './agents';

test.each<[string, Partial<AgentSpec>, string | undefined]>([
  ['allow', { adapter: { acp: { command: ['x'], permissions: 'allow' } } }, 'allow'],
  ['deny', { adapter: { acp: { command: ['x'], permissions: 'deny' } } }, 'deny'],
  ['no permissions', { adapter: { acp: { command: ['x'] } } }, 'ask'],
  ['a tool that asks for none', { adapter: { command: { run: ['x'] } } }, undefined],
  ['no adapter', {}, undefined],
])('an agent with %s', (_what, spec, permissions) => {
  expect(agentView(agentIn('running', 'running', 'ready', [], spec)).permissions).toBe(permissions);
});
