/** A coding agent from an empty folder on a terminal: the play of test/journeys/coding-agent.ts with the real Claude Code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../src/dev/binaries';
import { playCodingAgent } from '../journeys/coding-agent';
import { Place } from '../journeys/terminal';
import { Model, writeClaudeAgentAcp } from './installed';

let model: Model;
let place: Place;

beforeAll(async () => {
  model = await Model.start();
  place = new Place();
});

afterAll(async () => {
  await place.close();
  model.stop();
});

test('init, up, a task, a permission, Ctrl-C, up again: the session of Claude Code goes on', async () => {
  const home = join(place.folder, 'home');
  const tools = join(place.folder, 'tools');
  mkdirSync(join(home, '.claude'), { recursive: true });
  // The template passes the address and the key of the model; the rest is a setting of the user.
  const { HOME = home, ANTHROPIC_BASE_URL = '', ANTHROPIC_API_KEY = '', ...env } = model.claude(home);
  writeFileSync(join(home, '.claude/settings.json'), JSON.stringify({ env }));
  writeClaudeAgentAcp(tools);
  await playCodingAgent(place, {
    template: 'claude-code',
    env: {
      HOME,
      ANTHROPIC_BASE_URL,
      ANTHROPIC_API_KEY,
      PATH: place.path(tools),
      DROVER_CACHE: cacheFolder(process.env),
    },
    first: { task: 'make a file', asks: /touch made/, answer: 'the file is made' },
    second: { task: 'what was before', answer: 'before, a file was made' },
  });
});
