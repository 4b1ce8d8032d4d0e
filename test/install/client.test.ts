/** Clients of others against a real `drover up`: one that openapi-typescript generates, and the snippets of docs/client.md. */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drover, marsFile, startUp, temporaryFolder } from '../cli/commands/drover';
import type { UpState } from '../../src/dev/up-state';
import { page, ROOT } from '../docs/pages';
import { snippets } from '../docs/temporal-snippets';
import { emptyFolder, installedFolder, run } from './support/packed';

/** Installing 240 packages takes half a minute, and minutes on a slow network. */
const INSTALL_MS = 600_000;
/** openapi-typescript wants TypeScript 5, so that this project has a compiler of its own. */
const TOOLS = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'];

const labelled = (file: string) => file.replace('- name: AgentA\n', '- name: AgentA\n      labels: {team: red}\n');

const up = temporaryFolder();
let where: UpState;
beforeAll(async () => {
  ({ where } = await startUp(up.path, [marsFile(up.path, 'mars', labelled)]));
}, INSTALL_MS);
afterAll(() => up.remove());

test('agents are chosen by their labels', async () => {
  const chosen = async (selector: string) => {
    const { stdout } = await drover(['get', 'agents', '-l', selector, '-o', 'name'], up.path);
    return stdout.trim().split('\n');
  };
  expect(await chosen('team=red')).toEqual(['mars/AgentA']);
  expect(await chosen('team!=red')).toEqual(['mars/AgentB', 'mars/AgentC', 'mars/AgentD', 'mars/Orchestrator']);
});

/** A strict project of modules in a folder. */
function strictProject(folder: string): void {
  const compilerOptions = {
    ...{ strict: true, target: 'es2022', module: 'nodenext', outDir: 'out', rootDir: '.', skipLibCheck: true },
    ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', '*.mts'] }));
}

test(
  'a client that is generated from /openapi.json compiles and works',
  () => {
    const folder = emptyFolder();
    try {
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
      run(folder, 'npm', ['install', '--no-audit', '--no-fund', ...TOOLS]);
      run(folder, 'npx', ['openapi-typescript', `${where.gateway}/openapi.json`, '-o', 'api.d.ts']);
      copyFileSync(join(__dirname, 'fixture/client/client.ts.txt'), join(folder, 'client.ts'));
      strictProject(folder);
      run(folder, 'npx', ['tsc', '-p', '.']);
      const token = readFileSync(where.tokenFile, 'utf8').trim();
      const said = run(folder, 'env', [`GATEWAY=${where.gateway}`, `TOKEN=${token}`, 'node', 'out/client.js']);
      expect(said.trim().split('\n')).toEqual([
        'AgentA AgentB AgentC AgentD Orchestrator',
        'done paused operator',
        '409 ResumeStateError',
        'true MARS',
        '0 changes',
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  INSTALL_MS,
);

test(
  'the snippets of docs/client.md compile strictly and do what they say',
  () => {
    const folder = installedFolder();
    try {
      const text = page('docs/client.md');
      const of = (info: string) => snippets(text, info).join('\n');
      writeFileSync(join(folder, 'client.mts'), `${of('ts setup')}${of('ts')}${of('ts end')}`);
      writeFileSync(
        join(folder, 'compiles.mts'),
        `${of('ts setup')}const { spec } = await drover.fleets.describe('mars');\n${of('ts compiles')}`,
      );
      strictProject(folder);
      run(folder, process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.']);
      const said = run(folder, 'env', [`TEMPORAL_ADDRESS=${where.temporal}`, 'node', 'out/client.mjs'])
        .trim()
        .split('\n');
      expect(said.slice(0, 2)).toEqual(['ResumeStateError', 'done paused']);
      expect(said.slice(-3)).toEqual(['true MARS', '0', "[ 'create' ]"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  INSTALL_MS,
);
