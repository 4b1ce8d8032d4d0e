/** Sites for the crash matrix: a `drover worker` beside a Temporal server and a gateway that live on, or a whole `drover up`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DroverClient } from '../../src/client';
import type { AgentSpec } from '../../src/contract/agent';
import { until } from '../../src/lib/until';
import { DockerProvider } from '../../src/providers/docker';
import { LABELS } from '../../src/providers/docker/container';
import { ProcessProvider } from '../../src/providers/process';
import type { Provider } from '../../src/providers/provider';
import { type Running, start, startUp } from '../cli/commands/drover';
import { IMAGE, type TestEngine } from '../providers/engine';
import { pointFileIn, type Site, type Variant } from './crash';

const PRELOAD = join(__dirname, 'preload.cjs');
const AGENT = join(__dirname, '../../examples/shell/agent.sh');
const SECRET = 'the-secret-of-the-crash-matrix';
const SPEC_SECRET = 'the-secret-that-signs-in-the-crash-matrix';
const specSecrets = [SPEC_SECRET];

/** The parts that every run of one matrix shares. */
export interface Shared {
  /** Host and port of Temporal. */
  readonly address: string;
  readonly gatewayUrl: string;
}

/** A gateway for all workers. */
export async function startGateway(address: string, folder: string, port: number): Promise<Running> {
  const env = { DROVER_GATEWAY_PORT: String(port), DROVER_AGENT_SECRET: SECRET };
  const gateway = start(['gateway', '--address', address], folder, env);
  await says(gateway, 'gateway at');
  return gateway;
}

/** A worker of its own queues, installation and state directory; with an engine its agents are containers. */
export function workerSite({ address, gatewayUrl }: Shared, folder: string, name: string, engine?: TestEngine): Site {
  const stateDir = join(folder, '.drover');
  const pointFile = pointFileIn(folder);
  const env = {
    NODE_OPTIONS: `--require ${PRELOAD}`,
    DROVER_CRASH_POINT: pointFile,
    DROVER_QUEUE_PREFIX: name,
    DROVER_INSTALLATION: name,
    DROVER_HOST: name,
    DROVER_STATE_DIR: stateDir,
    DROVER_AGENT_SECRET: SECRET,
    DROVER_SPEC_SECRET: SPEC_SECRET,
    DROVER_GATEWAY_URL: gatewayUrl,
    ...(engine?.options?.socketPath === undefined ? {} : { DOCKER_HOST: `unix://${engine.options.socketPath}` }),
  };
  const client = DroverClient.connect({ bare: true, address, queuePrefix: name, specSecrets });
  const startWorker = async (): Promise<Running> => {
    const worker = start(['worker', '--address', address], folder, env);
    await says(worker, 'worker of');
    return worker;
  };
  const common = { address, client, pointFile, start: startWorker };
  const access = { installation: name, gatewayUrl, environment: {}, agentSecret: SECRET };
  if (!engine) return { ...common, ...processSide(stateDir, name) };
  return {
    ...common,
    provider: new DockerProvider({ ...access, engine: engine.options }),
    instances: async () => {
      const filters = { label: [`${LABELS.installation}=${name}`] };
      return (await engine.docker.listContainers({ filters })).length;
    },
    agent: containerAgent,
  };
}

/** A whole `drover up`, with a Temporal of its own that ends with it. */
export async function upSite(folder: string, installation: string): Promise<Site> {
  const stateDir = join(folder, '.drover');
  const pointFile = pointFileIn(folder);
  const env = {
    NODE_OPTIONS: `--require ${PRELOAD}`,
    DROVER_CRASH_POINT: pointFile,
    DROVER_INSTALLATION: installation,
    DROVER_SPEC_SECRET: SPEC_SECRET,
  };
  const first = await startUp(folder, [], env);
  const { temporal: address } = first.where;
  let unused: Running | undefined = first;
  let client = DroverClient.connect({ bare: true, address, specSecrets });
  return {
    address,
    pointFile,
    get client() {
      return client;
    },
    start: async () => {
      const running = unused ?? (await startUp(folder, [], env));
      if (!unused) {
        await client.close();
        client = DroverClient.connect({ bare: true, address, specSecrets });
      }
      unused = undefined;
      return running;
    },
    ...processSide(stateDir, installation),
  };
}

/** The process provider over a state directory, and its processes as the machine shows them. */
function processSide(stateDir: string, installation: string): Pick<Site, 'provider' | 'instances' | 'agent'> {
  const environment = { PATH: process.env['PATH'] };
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: SECRET };
  const provider: Provider = new ProcessProvider({ stateDir, installation, environment, ...access });
  return {
    provider,
    instances: async () => {
      const lines = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n');
      // Shells that lead an agent have its files among their arguments.
      return lines.filter((line) => line.includes(`${stateDir}/agents/`) && line.includes('_drover_word')).length;
    },
    agent: (name, variant): AgentSpec => ({
      name,
      provider: 'process',
      process: {
        // It is there, as the check before a change asks, and ends at once.
        command: commandOf(variant, ['sh', AGENT], ['sh', '-c', 'exit 1']),
        ...(variant === 'another' ? { env: { ANOTHER: 'yes' } } : {}),
      },
    }),
  };
}

function commandOf(variant: Variant, right: readonly string[], wrong: readonly string[]): readonly string[] {
  if (variant === 'wrong') return wrong;
  return variant === 'silent' ? ['sh', '-c', 'while :; do sleep 1; done'] : right;
}

function containerAgent(name: string, variant: Variant): AgentSpec {
  const script = readFileSync(AGENT, 'utf8');
  return {
    name,
    provider: 'docker',
    docker: {
      image: IMAGE,
      command: commandOf(variant, ['sh', '-c', script], ['/no/such/program']),
      network: 'host',
      ...(variant === 'another' ? { env: { ANOTHER: 'yes' } } : {}),
    },
  };
}

async function says(running: Running, text: string): Promise<void> {
  let over = false;
  void running.ended.then(() => (over = true));
  const said = await until(() => over || running.output.stderr.includes(text) || undefined, 60_000);
  if (!said || over) throw new Error(`it did not start:\n${running.output.stderr}`);
}
