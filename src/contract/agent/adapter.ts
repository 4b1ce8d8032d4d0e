/**
 * Adapters: an agent that knows nothing of Drover, made an agent by `drover adapt`
 * (docs/adapters.md). A specification names exactly one kind.
 */
import type { Duration } from '../values/duration';

/** The output of a command, with its way to continue a session. */
export const COMMAND_FORMATS = ['text', 'json', 'claude', 'codex'] as const;
/** One of `COMMAND_FORMATS`. */
export type CommandFormat = (typeof COMMAND_FORMATS)[number];

/** Which turns share one session of the agent. */
export const SESSION_SCOPES = ['agent', 'run', 'branch'] as const;
/** One of `SESSION_SCOPES`. */
export type SessionScope = (typeof SESSION_SCOPES)[number];

/** A command line tool that starts once a turn: the prompt on stdin, the answer on stdout. */
export interface CommandAdapterSpec {
  /** The program and its arguments. */
  readonly run: readonly string[];
  readonly format?: CommandFormat;
  /** The CLI makes it absolute; it is relative to the file. */
  readonly cwd?: string;
  /** After this time the command and its children are killed, and the turn fails. */
  readonly timeout?: Duration;
  readonly session?: SessionScope;
}

/** How an agent's questions for permission are answered: by the human, or at once. */
export const PERMISSIONS = ['ask', 'allow', 'deny'] as const;
/** One of `PERMISSIONS`. */
export type Permissions = (typeof PERMISSIONS)[number];
/** If the file gives none. */
export const DEFAULT_PERMISSIONS: Permissions = 'ask';

/** An agent that speaks the Agent Client Protocol, in one process for all turns. */
export interface AcpAdapterSpec {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The CLI makes it absolute; it is relative to the file. */
  readonly cwd?: string;
  readonly permissions?: Permissions;
  /** After this time a question for permission that no human has answered means no. */
  readonly permissionTimeout?: Duration;
  readonly session?: SessionScope;
}

/** A service that speaks the Agent2Agent protocol. */
export interface A2aAdapterSpec {
  /** The URL of its agent card. */
  readonly card: string;
  /** A reference to its token, unless the agent has a subscription. */
  readonly secret?: string;
  readonly session?: SessionScope;
}

/** The variable in which the adapter of such a service receives the token that `secret` refers to. */
export const A2A_SECRET = 'A2A_SECRET';

/** The kinds of adapters. */
export const ADAPTER_KINDS = ['acp', 'command', 'a2a'] as const;
/** One of `ADAPTER_KINDS`. */
export type AdapterKind = (typeof ADAPTER_KINDS)[number];

/** Exactly one of its fields is given. */
export interface AdapterSpec {
  readonly acp?: AcpAdapterSpec;
  readonly command?: CommandAdapterSpec;
  readonly a2a?: A2aAdapterSpec;
}

/** The settings that a start adds to the specification. */
export interface AdapterStart {
  /** The variable in which the child receives the secret of its subscription. */
  readonly secretEnv?: string;
}

/** The folder of the program behind an adapter, absolute in the specification of a started agent. A service has none. */
export function adapterFolder({ acp, command }: AdapterSpec): string | undefined {
  return (acp ?? command)?.cwd;
}

/** The program that an adapter starts, with its arguments; null if it starts none. */
export function adapterProgram({ acp, command }: AdapterSpec): readonly string[] | null {
  return acp?.command ?? command?.run ?? null;
}

/** The same adapter in another folder. */
export function inFolder(adapter: AdapterSpec, folder: (cwd: string | undefined) => string): AdapterSpec {
  const { acp, command } = adapter;
  return {
    ...adapter,
    ...(acp && { acp: { ...acp, cwd: folder(acp.cwd) } }),
    ...(command && { command: { ...command, cwd: folder(command.cwd) } }),
  };
}

/** The arguments of `drover adapt`, which reads them back. Its working directory is `adapterFolder`. */
export function adapterArguments({ acp, command, a2a }: AdapterSpec, { secretEnv }: AdapterStart = {}): string[] {
  const secret = secretEnv === undefined ? [] : ['--secret-env', secretEnv];
  if (acp !== undefined) {
    const { permissions, permissionTimeout, session } = acp;
    const options = { permissions, 'permission-timeout': permissionTimeout, session };
    return ['acp', ...flags(options), ...secret, '--', ...acp.command];
  }
  if (a2a !== undefined) {
    const own = a2a.secret === undefined ? secret : ['--secret-env', A2A_SECRET];
    return ['a2a', ...flags({ card: a2a.card, session: a2a.session }), ...own];
  }
  if (command === undefined) return [];
  const { run, format, timeout, session } = command;
  const options = { format, timeout, session };
  return ['command', ...flags(options), ...secret, '--', ...run];
}

function flags(options: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
}

/** Commands that install well-known agents. */
const INSTALL: Readonly<Record<string, string>> = {
  claude: 'npm install -g @anthropic-ai/claude-code',
  codex: 'npm install -g @openai/codex',
  gemini: 'npm install -g @google/gemini-cli',
  opencode: 'npm install -g opencode-ai',
  'claude-agent-acp': 'npm install -g @agentclientprotocol/claude-agent-acp',
  'codex-acp': 'npm install -g @agentclientprotocol/codex-acp',
};

/** The remedy for a program that is not installed. */
export function howToInstall(program: string): string {
  const name = program.split('/').at(-1) ?? program;
  const command = Object.hasOwn(INSTALL, name) ? INSTALL[name] : undefined;
  return command === undefined
    ? `install ${name} for the user of the worker, or write its path`
    : `install it for the user of the worker: ${command}`;
}
