/** The lines of `drover up` for two looks, by table. */
import { type Look, newsLines } from '../../../../src/cli/text/up/news';
import type { AgentListItem } from '../../../../src/contract/agent';

const agent = (more: Partial<AgentListItem> = {}): AgentListItem => ({
  fleet: 'own',
  name: 'Py',
  status: 'running',
  phase: 'running',
  runtime: 'running',
  liveness: 'ready',
  restarts: 0,
  since: null,
  holds: [],
  subscription: null,
  why: null,
  problem: null,
  ...more,
});
const asks = (since: string) => ({
  fleet: 'own',
  run: 'r',
  question: { question: 'Really?', agent: 'Py', branch: '0', since },
});
const crashed = agent({ phase: 'restarting', liveness: 'offline', why: 'Crashed (exited with code 1: Error: x)' });
const starts = agent({ phase: 'starting', liveness: 'starting', restarts: 1 });

test.each<[string, Partial<Look>, Partial<Look>, string[]]>([
  ['a crash', { agents: [agent()] }, { agents: [crashed] }, ['own/Py: Crashed (exited with code 1: Error: x)']],
  ['the same again', { agents: [crashed] }, { agents: [crashed] }, []],
  ['a restart', { agents: [crashed] }, { agents: [agent({ restarts: 1 })] }, ['own/Py runs again, restart 1']],
  [
    'a restart between two looks',
    { agents: [agent()] },
    { agents: [agent({ restarts: 2 })] },
    ['own/Py runs again, restart 2'],
  ],
  ['a restart that still starts', { agents: [agent()] }, { agents: [starts] }, ['own/Py starts again, restart 1']],
  ['its end', { agents: [starts] }, { agents: [agent({ restarts: 1 })] }, []],
  [
    'a failure',
    { agents: [agent()] },
    { agents: [agent({ phase: 'failed', why: 'Failed (crash loop): drover start own/Py' })] },
    ['own/Py: Failed (crash loop): drover start own/Py'],
  ],
  ['silence', { agents: [agent()] }, { agents: [agent({ liveness: 'offline', why: 'Offline' })] }, ['own/Py: Offline']],
  ['a pause', { agents: [agent()] }, { agents: [agent({ phase: 'paused', runtime: 'paused' })] }, []],
  ['a new agent', { agents: [] }, { agents: [crashed] }, []],
  ['a question', {}, { runs: [asks('1')] }, ['Py asks in run own/r: Really?: drover answer own/r TEXT']],
  ['the same question', { runs: [asks('1')] }, { runs: [asks('1')] }, []],
  [
    'the next question',
    { runs: [asks('1')] },
    { runs: [asks('2')] },
    ['Py asks in run own/r: Really?: drover answer own/r TEXT'],
  ],
])('%s', (_, before, after, lines) => {
  const nothing: Look = { agents: [], runs: [] };
  expect(newsLines({ ...nothing, ...before }, { ...nothing, ...after })).toEqual(lines);
});
