/** The real processes of a test, and the gateway that they beat to. */
import type { DroverClient } from '../../client';
import type { WakeCall } from '../../contract/activities';
import { monotonicMs } from '../../lib/clock';
import { instanceVariables } from '../../providers/environment';
import type { ProcessCommand } from './definitions';
import { startTestGateway, type TestGateway } from './gateway';
import { ProcessInstance } from './process';

/** Dependencies of processes on the test. */
export interface ProcessAgentsSettings {
  readonly client: DroverClient;
  readonly agentSecret: string;
  /** The variables of the test's own process; agents inherit a few of them, as from a worker. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The made-up values of secrets, by name. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Reports of a process to the test. */
export interface ProcessListener {
  /** It has sent a beat that its workflow needs. */
  readonly heard: () => Promise<void>;
  readonly ended: (exitCode: number, output: string) => void;
}

/** Variables that agents inherit, as from a worker. */
const INHERITED = ['PATH', 'HOME', 'LANG'] as const;

/** The processes of one test, by agent. */
export class ProcessAgents {
  readonly #settings: ProcessAgentsSettings;
  readonly #running = new Map<string, { readonly process: ProcessInstance; readonly heard: () => Promise<void> }>();
  #gateway: Promise<TestGateway> | undefined;

  constructor(settings: ProcessAgentsSettings) {
    this.#settings = settings;
  }

  /** Whether a process prepares itself, in real time. */
  get isStarting(): boolean {
    return [...this.#running.values()].some(({ process }) => process.isStarting);
  }

  /** Starts the process of a wake; the gateway starts with the first one. */
  async start(call: WakeCall, command: ProcessCommand, { heard, ended }: ProcessListener): Promise<ProcessInstance> {
    const { agentSecret, environment, secrets } = this.#settings;
    this.#gateway ??= this.#open();
    const { url: gatewayUrl } = await this.#gateway;
    const inherited = INHERITED.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]));
    const own = await instanceVariables(call, { gatewayUrl, agentSecret }, secrets);
    const process = await ProcessInstance.start(call, command, {
      environment: { ...(Object.fromEntries(inherited) as Record<string, string>), ...own },
      ended,
    });
    this.#running.set(call.agent, { process, heard });
    return process;
  }

  /** Ends the gateway. */
  async close(): Promise<void> {
    await (await this.#gateway)?.stop();
  }

  #open(): Promise<TestGateway> {
    const { client, agentSecret } = this.#settings;
    return startTestGateway({
      client,
      agentSecret,
      heard: async (agent, beat) => {
        const running = this.#running.get(agent);
        if (running?.process.instanceId !== beat.instanceId) return;
        running.process.heard(beat, monotonicMs());
        await running.heard();
      },
      asked: (path) => {
        const [, agent = ''] = /^\/v1\/agents\/[^/]+\/([^/]+)\/heartbeat/.exec(path) ?? [];
        this.#running.get(agent)?.process.beats(monotonicMs());
      },
    });
  }
}
