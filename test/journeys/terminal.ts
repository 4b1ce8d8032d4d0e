/**
 * A person at a terminal: a shell on a pseudo-terminal of its own, in a folder that is empty at
 * first, and the screen as a terminal emulator shows it.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Terminal as Emulator } from '@xterm/headless';
import { monotonicMs } from '../../src/lib/clock';
import { until } from '../../src/lib/until';
import { endAll, environmentOf } from '../cli/commands/drover';

const ROOT = join(__dirname, '../..');

/** How long a person waits for a text. It only ends a journey whose text never comes. */
const PATIENCE_MS = 120_000;

/** Size of the screen, and variables beside those of the test. */
export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder with terminals in it. `close` ends everything that was started there. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'drover-journey-'));
  readonly #bin = mkdtempSync(join(tmpdir(), 'drover-bin-'));
  readonly #terminals: Terminal[] = [];

  constructor() {
    symlinkSync(join(ROOT, 'bin/drover.js'), join(this.#bin, 'drover'));
  }

  /** The path of its terminals, with these folders before it. */
  path(...folders: readonly string[]): string {
    return [...folders, this.#bin, process.env['PATH'] ?? ''].join(':');
  }

  /** Opens another terminal in the folder. `drover` is on its path. */
  terminal({ columns = 120, env = {} }: TerminalOptions = {}): Terminal {
    const terminal = new Terminal(this.folder, columns, { PATH: this.path(), ...env });
    this.#terminals.push(terminal);
    return terminal;
  }

  /** Writes a file, as in an editor. */
  write(name: string, content: string): void {
    mkdirSync(join(this.folder, name, '..'), { recursive: true });
    writeFileSync(join(this.folder, name), content);
  }

  /** Writes an agent in JavaScript; `onTurn` is the body of its function, with `turn` as argument. */
  writeAgent(name: string, onTurn: string, before = ''): void {
    const library = JSON.stringify(join(ROOT, 'dist/agent/index.js'));
    const lines = [
      "import { createRequire } from 'node:module';",
      `const { serveAgent, invoke, final, ask, fail } = createRequire(import.meta.url)(${library});`,
      before,
      `await serveAgent({ async onTurn(turn, signal) { ${onTurn} } });`,
    ];
    this.write(name, lines.join('\n'));
  }

  async close(): Promise<void> {
    for (const terminal of this.#terminals) await terminal.close();
    await endAll(this.folder);
    for (const folder of [this.folder, this.#bin]) rmSync(folder, { recursive: true, force: true });
  }
}

/** One terminal. */
export class Terminal {
  readonly #shell: ChildProcessWithoutNullStreams;
  readonly #emulator: Emulator;
  /** The line of the last command; a text is looked for from here on. */
  #from = 0;

  constructor(folder: string, columns: number, env: Readonly<Record<string, string>>) {
    this.#emulator = new Emulator({ cols: columns, rows: 50, scrollback: 10_000, allowProposedApi: true });
    this.#shell = spawn('script', ['-qefc', `stty cols ${String(columns)} rows 50; exec sh`, '/dev/null'], {
      cwd: folder,
      env: { ...environmentOf({ TERM: 'xterm', PS1: '$ ' }), ...env, SHELL: '/bin/sh' },
    });
    this.#shell.stdout.on('data', (piece: Buffer) => this.#emulator.write(piece));
  }

  /** Everything on the screen and above it. Lines that the terminal has wrapped are one line. */
  screen(from = 0): string {
    const { active } = this.#emulator.buffer;
    let text = '';
    for (let line = from; line < active.length; line += 1) {
      const found = active.getLine(line);
      text += `${found?.isWrapped === true || line === from ? '' : '\n'}${found?.translateToString(true) ?? ''}`;
    }
    return text.trimEnd();
  }

  /** Types a command and presses Enter. */
  async type(line: string): Promise<void> {
    await this.#settled();
    this.#from = this.#line();
    this.press(`${line}\r`);
  }

  /** Presses keys, such as `y` or `\x03` for Ctrl-C. */
  press(keys: string): void {
    this.#shell.stdin.write(keys);
  }

  /** Waits until a text is on the screen, at or below the last command, and returns what is there. */
  async shows(wanted: string | RegExp): Promise<string> {
    const found = await until(() => {
      const text = this.screen(this.#from);
      return (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)) ? text : undefined;
    }, PATIENCE_MS);
    if (found !== undefined) return found;
    throw new Error(`the terminal never shows ${String(wanted)}:\n${this.screen()}`);
  }

  /** Runs a command to its end, and returns its output and exit code. */
  async run(line: string): Promise<{ readonly text: string; readonly code: number }> {
    await this.type(`${line}; echo "exit code $?"`);
    const text = await this.shows(/^exit code \d+$/m);
    return { text, code: Number(/^exit code (\d+)$/m.exec(text)?.[1]) };
  }

  async close(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.signalCode !== null) return;
    const ended = once(this.#shell, 'exit');
    this.#shell.kill('SIGKILL');
    await ended;
  }

  /** The emulator has shown everything that has arrived. */
  #settled(): Promise<void> {
    return new Promise((resolve) => this.#emulator.write('', resolve));
  }

  #line(): number {
    const { active } = this.#emulator.buffer;
    return active.baseY + active.cursorY;
  }
}

/** Measures a wait, and prints its seconds: journeys report them, no test asserts them. */
export async function timed<T>(what: string, wait: () => Promise<T>): Promise<T> {
  const began = monotonicMs();
  const answer = await wait();
  process.stdout.write(`  ${what}: ${((monotonicMs() - began) / 1_000).toFixed(1)} s\n`);
  return answer;
}
