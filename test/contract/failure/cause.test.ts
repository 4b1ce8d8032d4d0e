/** The one line of a log that names why a program ended, by table: outputs of real programs. */
import { causeLine, endingText } from '../../../src/contract/failure/cause';

const NODE = `node:internal/modules/package_json_reader:314
  throw new ERR_MODULE_NOT_FOUND(packageName, fileURLToPath(base), null);
        ^

Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'drover' imported from /work/agent.mjs
    at Object.getPackageJSONURL (node:internal/modules/package_json_reader:314:9)
    at packageResolve (node:internal/modules/esm/resolve:767:81)
${'    at async link (node:internal/modules/esm/module_job:132:36)\n'.repeat(12)}  code: 'ERR_MODULE_NOT_FOUND'
}

Node.js v22.20.0`;

const PYTHON = `Traceback (most recent call last):
  File "/work/agent.py", line 1, in <module>
    import openai
ModuleNotFoundError: No module named 'openai'`;

const CHAINED = `Traceback (most recent call last):
  File "a.py", line 3, in <module>
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 5, in <module>
httpx.ConnectError: no route`;

test.each([
  ['Node.js', NODE, "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'drover' imported from /work/agent.mjs"],
  ['Python', PYTHON, "ModuleNotFoundError: No module named 'openai'"],
  ['a chain in Python', CHAINED, 'httpx.ConnectError: no route'],
  [
    'Java',
    'Exception in thread "main" java.lang.IllegalStateException: no key\n\tat A.main(A.java:3)',
    'Exception in thread "main" java.lang.IllegalStateException: no key',
  ],
  ['Go', 'panic: no key\n\ngoroutine 1 [running]:\nmain.main()', 'panic: no key'],
  ['Rust', "thread 'main' panicked at src/main.rs:2:5:\nno key", "thread 'main' panicked at src/main.rs:2:5:"],
  ['a shell', 'sh: 1: nope: not found', 'sh: 1: nope: not found'],
  ['bash', 'bash: line 1: nope: command not found', 'bash: line 1: nope: command not found'],
  ['a missing file', 'cat: /nope: No such file or directory', 'cat: /nope: No such file or directory'],
  [
    'npm around Node.js',
    `${NODE}\nnpm error Lifecycle script failed`,
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'drover' imported from /work/agent.mjs",
  ],
  ['an old error before the last one', 'TypeError: turn 1\nok\nTypeError: turn 2\n    at x', 'TypeError: turn 2'],
])('%s', (_, log, line) => {
  expect(causeLine(log)).toBe(line);
  expect(endingText('exited with code 1', log)).toBe(`exited with code 1: ${line}`);
});

test.each(['', 'the task: buy an error-free car\nhere is its text', '{"task":"my secret plan"}', 'Killed'])(
  'contents that name no cause are not quoted: %j',
  (log) => {
    expect(endingText('exited with code 1', log)).toBe('exited with code 1');
  },
);

test('a very long line is shortened', () => {
  expect(Buffer.byteLength(causeLine(`Error: ${'x'.repeat(100_000)}`) ?? '')).toBeLessThanOrEqual(300);
});

test('a long line is read in one pass', () => {
  // With a pattern that tries again from each of its words, this takes hours.
  expect(causeLine('a: '.repeat(300_000))).toBeNull();
});
