/** `drover doctor`: checks this installation. Each finding is a line that says what to do. */
import { buildId } from '../../../hosting/build-id';
import type { Command } from 'commander';
import type { DroverClient } from '../../../client';
import { SpecKeys } from '../../../client/spec-keys';
import { environment, type Settings } from '../../../config';
import { DroverError } from '../../../contract/errors';
import { problemSchema } from '../../../contract/schemas/views';
import { messageOf } from '../../../contract/text';
import { readUpState } from '../../../dev/up-state';
import { installedProviders } from '../../../hosting/installed-providers';
import { packageProblems, sdkVersion } from '../../../hosting/temporal-packages';
import { peerRanges } from '../../../version';
import { type ConnectionFlags, specSecrets, withClient, withConnection } from '../../lib/connection';
import { ExitWith, FAILED } from '../../lib/failure';
import { colors, type Format, print, table, withOutput } from '../../lib/output';
import { readSettings } from '../../lib/serve';
import { stateFolder } from '../../lib/state-folder';
import { strayText } from '../../text/strays';

interface DoctorFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fix?: boolean;
}

/** `missing` is not an error: an installation without docker agents needs no container engine. */
interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'missing' | 'wrong';
  readonly detail: string;
}

/** A person waits for the findings. */
const PATIENCE = { timeoutMs: 3_000 } as const;
const OLDEST_NODE = [20, 19] as const;
/** Adds the command to the program. */
export function register(program: Command): void {
  withOutput(withConnection(program.command('doctor')))
    .option('--fix', 'register the search attributes that the namespace lacks')
    .action((flags: DoctorFlags) => doctor(flags));
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const settings = await readSettings();
  const findings: Finding[] = [
    nodeFinding(),
    { check: 'build', result: 'ok', detail: buildId() },
    specKeyFinding({ specSecrets: settings?.specSecrets ?? specSecrets(), stateDir: stateFolder() }),
    packagesFinding(),
    ...(await withClient(flags, (client) => temporalFindings(client, flags.fix === true))),
    await gatewayFinding(stateFolder()),
    ...(settings && readUpState(stateFolder()) === undefined ? await strayFindings(settings) : []),
    ...(settings ? [await engineFinding(installedProviders(settings, environment()).docker)] : []),
  ];
  const color = colors();
  const paint = { ok: color.green, missing: color.yellow, wrong: color.red };
  const rows = findings.map(({ check, result, detail }) => [check, paint[result](result), detail]);
  await print(flags.output, {
    data: { findings },
    names: findings.filter(({ result }) => result === 'wrong').map(({ check }) => check),
    text: () => [table(['CHECK', 'RESULT', 'WHAT TO DO'], rows), ...wholeDetails(findings)].join('\n'),
  });
  if (findings.some(({ result }) => result === 'wrong')) throw new ExitWith(FAILED);
}

/** On a terminal, the table cuts what to do; of what is wrong, all of it stands below. */
function wholeDetails(findings: readonly Finding[]): string[] {
  const wrong = findings.filter(({ result }) => result === 'wrong');
  return process.stdout.isTTY && wrong.length > 0
    ? ['', ...wrong.map(({ check, detail }) => `${check}: ${detail}`)]
    : [];
}

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  return isOld
    ? {
        check: 'node',
        result: 'wrong',
        detail: `is ${process.versions.node}; install ${OLDEST_NODE.join('.')} or newer`,
      }
    : { check: 'node', result: 'ok', detail: process.versions.node };
}

/** The keys of worker, gateway and command line must be the same; their ids show that without revealing the keys. */
function specKeyFinding({ specSecrets, stateDir }: Pick<Settings, 'specSecrets' | 'stateDir'>): Finding {
  const check = 'specification key';
  if (specSecrets === undefined) {
    const detail = `process and docker agents are refused: set DROVER_SPEC_SECRET, or run drover up, which makes one in ${stateDir}`;
    return { check, result: 'missing', detail };
  }
  const [first = '', ...others] = new SpecKeys(specSecrets).ids;
  const rest = others.length === 0 ? '' : `; ${others.join(', ')} ${others.length === 1 ? 'verifies' : 'verify'} too`;
  return { check, result: 'ok', detail: `${first} signs${rest}` };
}

function packagesFinding(): Finding {
  const problems = packageProblems(peerRanges(), process.cwd());
  return problems.length === 0
    ? { check: 'temporal packages', result: 'ok', detail: `${sdkVersion()}, one native core` }
    : {
        check: 'temporal packages',
        result: 'wrong',
        detail: problems.map(({ name, problem }) => `${name} ${problem}`).join('; '),
      };
}

async function temporalFindings(client: DroverClient, fix: boolean): Promise<Finding[]> {
  const temporal = await finding('temporal', () => client.check(PATIENCE));
  if (temporal.result !== 'ok') return [temporal];
  const worker = async (): Promise<void> => {
    const unserved = await client.unservedQueues(PATIENCE);
    if (unserved.length > 0)
      throw new DroverError('Unavailable', `no worker serves ${unserved.join(' and ')}; start one with drover worker`);
  };
  return [
    temporal,
    await finding('search attributes', async () => {
      if (fix) await client.registerSearchAttributes(PATIENCE);
      await client.checkSearchAttributes(PATIENCE);
    }),
    await finding('worker', worker),
  ];
}

async function gatewayFinding(stateDir: string): Promise<Finding> {
  const up = readUpState(stateDir);
  if (!up) return { check: 'gateway', result: 'missing', detail: 'no drover up runs in this directory or above it' };
  return finding('gateway', async () => {
    const answer = await fetch(new URL('/readyz', up.gateway), { signal: AbortSignal.timeout(PATIENCE.timeoutMs) });
    if (answer.ok) return;
    const { detail } = problemSchema
      .partial()
      .catch({})
      .parse(await answer.json());
    throw new Error(`${up.gateway} answers ${String(answer.status)}: ${detail ?? 'see .drover/drover.log'}`);
  });
}

/** Processes of agents that run on after `drover up` has ended, and that no worker of this folder looks after. */
async function strayFindings(settings: Settings): Promise<Finding[]> {
  const check = 'processes';
  try {
    const held = await installedProviders(settings, environment()).process?.list(() => undefined);
    const running = (held ?? []).filter(({ processes = [] }) => processes.length > 0);
    if (running.length === 0) return [];
    return [{ check, result: 'wrong', detail: strayText(running) }];
  } catch (error) {
    return [{ check, result: 'wrong', detail: messageOf(error) }];
  }
}

async function engineFinding(docker: { list(): Promise<unknown> } | undefined): Promise<Finding> {
  const found = await finding('container engine', async () => docker?.list());
  return found.result === 'ok'
    ? found
    : { ...found, result: 'missing', detail: `docker agents cannot run: ${found.detail}` };
}

async function finding(check: string, look: () => Promise<unknown>): Promise<Finding> {
  try {
    await look();
    return { check, result: 'ok', detail: '' };
  } catch (error) {
    return { check, result: 'wrong', detail: messageOf(error) };
  }
}
