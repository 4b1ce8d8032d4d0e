/** Child processes of a scale run: each says where it listens, and can be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A process of the run. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** What it said when it was ready: a URL. */
  readonly url: string;
  /** False once it has ended. */
  isRunning(): boolean;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** Starts `script` of this folder with one argument; resolves when it has said its URL. */
export async function startChild(name: string, script: string, argument: object): Promise<Child> {
  const child: ChildProcess = fork(join(__dirname, `${script}.js`), [JSON.stringify(argument)]);
  const ended = once(child, 'exit');
  const said: unknown[] = await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => Promise.reject(new Error(`${name} ended early, with code ${String(code)}`))),
  ]);
  return {
    name,
    pid: child.pid ?? 0,
    url: String(said[0]),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
