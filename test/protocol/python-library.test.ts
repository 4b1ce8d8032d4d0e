/** The tests of the Python library's own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

test('python -m unittest passes', async () => {
  const cwd = join(__dirname, '../../python');
  const env = { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1' };
  const { stderr } = await promisify(execFile)('python3', ['-m', 'unittest', 'discover', '-s', 'tests'], { cwd, env });
  expect(stderr).toMatch(/Ran \d{2} tests[^]*\nOK/);
});
