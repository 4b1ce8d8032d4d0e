/** A person presses Tab in a real bash: commands, options, files, and names of a running `drover up`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drover, startUp, temporaryFolder } from '../cli/commands/drover';

const folder = temporaryFolder();
afterAll(folder.remove);

/** The completions of bash for the incomplete last word of this line. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const script = [
    'source completion.bash',
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${String(words.length - 1)}`,
    '_drover',
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  const PATH = `${join(folder.path, 'bin')}:${process.env['PATH'] ?? ''}`;
  const env = { PATH, HOME: folder.path };
  return execFileSync('bash', ['--norc', '-c', script], { cwd: folder.path, env, encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '');
}

test('Tab completes commands, options, files and the names of agents, fleets and runs', async () => {
  mkdirSync(join(folder.path, 'bin'));
  symlinkSync(join(__dirname, '../../bin/drover.js'), join(folder.path, 'bin/drover'));
  symlinkSync(join(__dirname, '../../examples'), join(folder.path, 'examples'));
  writeFileSync(join(folder.path, 'my fleet.yaml'), '');
  writeFileSync(join(folder.path, 'completion.bash'), (await drover(['completion', 'bash'], folder.path)).stdout);

  expect(offered('drover des')).toEqual(['destroy', 'describe']);
  expect(offered('drover get ')).toEqual(['agents', 'fleets', 'pools', 'runs']);
  expect(offered('drover apply --expect')).toEqual(['--expect-revision']);
  expect(offered('drover apply -f my')).toEqual(['my fleet.yaml']);
  expect(offered('drover logs ')).toEqual([]);

  const up = await startUp(folder.path, ['examples/mars/fleet.yaml', '--destroy']);
  expect(offered('drover logs mars/Agent').sort()).toEqual(['A', 'B', 'C', 'D'].map((name) => `mars/Agent${name}`));
  expect(offered('drover destroy ')).toEqual(['mars']);
  up.process.kill('SIGINT');
  expect((await up.ended).code).toBe(0);
});
