/** A coding agent from an empty folder: our own ACP agent stands for Claude Code here; `npm run test:agents` has the real one. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { playCodingAgent } from './coding-agent';
import { Place } from './terminal';

const FAKE_ACP = join(__dirname, '../adapters/fake-acp-agent.mjs');

let place: Place;

beforeEach(() => (place = new Place()));

afterEach(() => place.close());

test('init, up, a task, a permission, Ctrl-C, up again: the session goes on', async () => {
  place.write('tools/claude-agent-acp', `#!/bin/sh\nexec "${process.execPath}" "${FAKE_ACP}"\n`);
  chmodSync(join(place.folder, 'tools/claude-agent-acp'), 0o755);
  await playCodingAgent(place, {
    template: 'claude-code',
    env: { PATH: place.path(join(place.folder, 'tools')) },
    first: { task: 'do: permission', asks: /run npm test/, answer: 'was told yes' },
    second: { task: 'do: recall', answer: 'this session has had 2 prompts' },
  });
});
