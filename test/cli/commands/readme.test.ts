/** Every command of README and docs does what they say: all of them run, in a folder with nothing but the examples. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startUp, temporaryFolder, type Ended } from './drover';

const ROOT = join(__dirname, '../../..');
const folder = temporaryFolder();

beforeAll(() => {
  for (const name of ['examples', 'test']) symlinkSync(join(ROOT, name), join(folder.path, name));
  mkdirSync(join(folder.path, 'node_modules/.bin'), { recursive: true });
  symlinkSync(ROOT, join(folder.path, 'node_modules/drover'));
  symlinkSync('../drover/bin/drover.js', join(folder.path, 'node_modules/.bin/drover'));
});
afterAll(folder.remove);

const page = (name: string) => readFileSync(join(ROOT, name), 'utf8');

/** The blocks of a page in one language. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block]) => block ?? '',
  );
}

/** The lines of blocks that call `drover`, without what is said about them. */
function commands(text: string, language: string): string[] {
  return (
    blocks(text, language)
      .flatMap((block) => block.split('\n'))
      .map((line) => line.replace(/^\$ /, '').replace(/ +#.*$/, ''))
      // npx itself is looked at once, below: it costs most of a second each time.
      .map((line) => line.replace(/^npx /, ''))
      .filter((line) => line.startsWith('drover '))
  );
}

/** A line as typed into a shell in the folder; `drover` alone is what `npx drover` finds. */
function typed(line: string): Promise<Ended> {
  const bin = join(folder.path, 'node_modules/.bin');
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(?:DROVER_(?!CACHE|TEMPORAL)|TEMPORAL_|JEST|NODE_OPTIONS)/.test(name),
  );
  return new Promise((resolve, reject) => {
    const shell = spawn('sh', ['-c', line], {
      cwd: folder.path,
      env: { ...Object.fromEntries(env), PATH: `${bin}:${process.env['PATH'] ?? ''}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    shell.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    shell.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    shell.once('error', reject);
    shell.once('close', (code) => {
      resolve({ code: code ?? 128, ...output });
    });
  });
}

async function succeeds(line: string): Promise<string> {
  const { code, stdout, stderr } = await typed(line);
  if (code !== 0) throw new Error(`${line}: exit code ${String(code)}\n${stderr}`);
  return stdout;
}

it('does everything that the README says, beside a running `drover up`', async () => {
  const readme = page('README.md');
  const up = await startUp(folder.path, ['examples/mars/fleet.yaml', '--destroy']);
  const shown = new Map<string, string>();
  // A second `drover up` is for a folder of one's own; its fleet and agent are applied to this one below.
  const lines = commands(readme, 'sh').filter((line) => !line.startsWith('drover up '));
  for (const line of lines) shown.set(line, await succeeds(line));
  const shows = (start: string) => [...shown].find(([line]) => line.startsWith(`drover ${start}`))?.[1];
  expect(shown.size).toBeGreaterThanOrEqual(8);
  expect(shows('get agents')).toMatch(/mars\/AgentD +running +ready/);
  expect(shows('describe agent')).toContain('Paused by operator');
  expect(shows('run mars')).toContain('MARS');
  expect(JSON.parse(await succeeds('npx drover schema'))).toMatchObject({ type: 'object' });

  // The fleet and the agent that it shows work as they stand there.
  const [fleet = ''] = blocks(readme, 'yaml');
  const [agent = ''] = blocks(readme, 'js');
  writeFileSync(join(folder.path, 'fleet.yaml'), fleet);
  writeFileSync(join(folder.path, 'agent.mjs'), agent);
  const provisioning = commands(page('docs/provisioning.md'), 'console').filter((line) => line.includes('fleet.yaml'));
  const destroys = provisioning.filter((line) => line.includes('destroy'));
  for (const line of provisioning.filter((each) => !destroys.includes(each))) await succeeds(line);
  expect(await succeeds('drover run hello Ada')).toContain('HELLO, ADA');

  // So does the agent of docs/agents.md, in the same fleet.
  const [another = ''] = blocks(page('docs/agents.md'), 'js');
  writeFileSync(join(folder.path, 'agent.mjs'), another);
  await succeeds('drover restart --fleet hello');
  expect(await succeeds('drover run hello Ada --name again')).toMatch(/^ADA$/m);

  expect(destroys).toHaveLength(1);
  for (const line of destroys) await succeeds(`${line} --yes`);

  up.process.kill('SIGINT');
  expect((await up.ended).code).toBe(0);
});
