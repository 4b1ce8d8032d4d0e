/** `drover up` interrupted at other moments than the suite does it at. */
import { processesOf, temporaryFolder } from '../cli/commands/drover';
import { interrupted } from '../cli/commands/interrupted';

const folder = temporaryFolder();
afterAll(folder.remove, 60_000);

it.each([
  ['while its fleet is just begun', /create {2}word\/AgentD/],
  ['while its task runs', /branch 0/],
])(
  'interrupted %s it takes everything back',
  async (_when, sign) => {
    await interrupted(folder.path, sign);
    expect(processesOf(folder.path)).toEqual([]);
  },
  60_000,
);
