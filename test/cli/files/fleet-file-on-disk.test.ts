/** Fleet files on disk, and the folders that they name. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFleetFile, parseFleetFile } from '../../../src/cli/files/fleet-file';
import { loadFleetFiles } from '../../../src/cli/files/fleet-files';
import { GOOD } from './fleet-texts';

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
