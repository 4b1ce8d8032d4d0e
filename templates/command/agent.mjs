// Makes an agent of any command: each turn starts it once, with the input on stdin; what it prints is the answer.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fail, final, serveAgent } from 'drover/agent';

const [command, ...args] = process.argv.slice(2);

await serveAgent({
  async onTurn({ input }, signal) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], signal });
    const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    child.stdin.on('error', () => undefined); // a command that does not read its input
    child.stdin.end(typeof input.value === 'string' ? input.value : JSON.stringify(input));
    const [output, code] = await Promise.all([text(child.stdout), ended]);
    return code === 0 ? final(output.trimEnd()) : fail(`${command} ended with exit code ${code}`);
  },
});
