/**
 * Runs one server as its child and ends it when its own standard input closes; the kernel closes it
 * even if the parent is killed. Usage: `node supervisor.js BINARY ARGUMENTS…`. Prints the server's
 * pid as its only line. A signal to the terminal's group reaches neither process: both have their
 * own sessions, and the parent decides the order.
 */
import { spawn } from 'node:child_process';

/** How long the server may take to close its database before it is killed. */
const GRACE_MS = 5_000;

const [binary, ...args] = process.argv.slice(2);
if (binary === undefined) throw new Error('usage: supervisor BINARY ARGUMENTS…');

// Only the owner may read its files: the database holds all input of workflows.
process.umask(0o077);
const server = spawn(binary, args, { stdio: ['ignore', 2, 2], detached: true });

function end(): void {
  server.kill('SIGTERM');
  setTimeout(() => server.kill('SIGKILL'), GRACE_MS).unref();
}

server.on('error', (error) => {
  console.error(error.message);
  process.exit(127);
});
server.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
process.stdout.on('error', end);
process.stdin.on('end', end).on('error', end).resume();

if (server.pid !== undefined) process.stdout.write(`${server.pid}\n`);
