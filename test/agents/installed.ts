/** The real agents in their cache folder (scripts/test-agents.mjs), and the model that they talk to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = join(__dirname, '../../.cache/agents/node_modules');
const AIMOCK = join(MODULES, '@copilotkit/aimock/dist/index.js');

/** The programs, as a user has them. */
export const CLAUDE = join(MODULES, '.bin/claude');
export const CODEX = join(MODULES, '.bin/codex');

/** `claude-agent-acp` needs a newer Node than Drover: npm's package `node` brings it. */
export const CLAUDE_AGENT_ACP: readonly string[] = [
  join(MODULES, 'node/bin/node'),
  join(MODULES, '@agentclientprotocol/claude-agent-acp/dist/index.js'),
];

/** Puts a program `claude-agent-acp` into a folder, as npm installs it for a Node that it runs on. */
export function writeClaudeAgentAcp(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'claude-agent-acp');
  writeFileSync(file, `#!/bin/sh\nexec ${CLAUDE_AGENT_ACP.map((word) => JSON.stringify(word)).join(' ')}\n`);
  chmodSync(file, 0o755);
}

/** A running model. */
export class Model {
  readonly url: string;
  private readonly child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.child = child;
  }

  static async start(): Promise<Model> {
    if (!existsSync(AIMOCK)) throw new Error('the agents are not installed; run: npm run test:agents');
    const child = spawn(process.execPath, [join(__dirname, 'model.mjs'), AIMOCK], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    return new Model(/http:\S+/.exec(line)?.[0] ?? '', child);
  }

  /** The variables with which Claude Code talks to this model, with a home of its own. */
  claude(home: string): Record<string, string> {
    return {
      HOME: home,
      ANTHROPIC_BASE_URL: this.url,
      ANTHROPIC_API_KEY: 'test',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '0',
      DISABLE_AUTOUPDATER: '1',
    };
  }

  /** The options with which Codex talks to this model. */
  codex(): string[] {
    const provider = `{name="mock",base_url="${this.url}/v1",env_key="OPENAI_API_KEY",wire_api="responses",request_max_retries=0,stream_max_retries=0}`;
    return ['-c', 'model_provider=mock', '-c', `model_providers.mock=${provider}`, '-c', 'model=gpt-5'];
  }

  stop(): void {
    this.child.kill();
  }
}
