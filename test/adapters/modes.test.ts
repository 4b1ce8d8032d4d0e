import { askingMode } from '../../src/adapters/acp/modes';

const modes = (currentModeId: string, ...ids: string[]) => ({
  currentModeId,
  availableModes: ids.map((id) => ({ id, name: id })),
});

test.each([
  ['Claude Code', modes('auto', 'auto', 'default', 'acceptEdits', 'plan', 'bypassPermissions'), 'default'],
  ['Claude Code without bounds', modes('bypassPermissions', 'default', 'bypassPermissions'), 'default'],
  ['Claude Code that may edit', modes('acceptEdits', 'auto', 'default', 'acceptEdits'), null],
  ['Claude Code that asks', modes('default', 'auto', 'default'), null],
  ['Gemini', modes('yolo', 'default', 'autoEdit', 'yolo'), 'default'],
  ['Codex', modes('full-access', 'read-only', 'auto', 'full-access'), 'auto'],
  ['Codex, whose auto asks', modes('auto', 'read-only', 'auto', 'full-access'), null],
  ['an agent without modes', undefined, null],
  ['an agent with null', null, null],
])('the mode that %s needs so that it asks', (_agent, given, wanted) => {
  expect(askingMode(given)).toBe(wanted);
});
