/** The state directory (`.drover/`): what one installation keeps between two runs of `drover up`. Only its owner can read it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../lib/error-code';
import { contentOf, createFile, FileProblem, parseKept, problem, readKept, replaceFile } from '../lib/kept-file';
import { specSecretsIn } from '../contract/spec-secret';
import { freePorts } from './ports';

/** The same ports every time, so that agents that lived on still find the gateway. */
export interface Ports {
  readonly grpc: number;
  readonly ui: number;
  readonly gateway: number;
}

/** What is kept for good. */
export interface StateDirectory {
  /** Absolute. */
  readonly path: string;
  readonly ports: Ports;
  /** The operator's token for the gateway. */
  readonly token: string;
  readonly tokenFile: string;
  /** From which every agent's own token is derived. */
  readonly agentSecret: string;
  /** With which specifications are signed; undefined where no `drover up` has made one here. */
  readonly specSecrets?: readonly string[];
  /** Tells this installation's resources from another's on the same machine. */
  readonly installation: string;
  /** Under which process agents are found again, also when the machine has been renamed. */
  readonly host: string;
  /** Temporal's database. */
  readonly dbFile: string;
  /** Output of the Temporal server. */
  readonly serverLog: string;
}

/** One line of text that is kept: what it may be, and what a person does about one that is not. */
interface KeptText {
  readonly form: RegExp;
  readonly create: () => string;
  readonly wayOut: string;
}

const newSecret = (): string => randomBytes(32).toString('base64url');

/** Never empty: what is derived from an empty secret, anybody can derive. */
const TEXTS = {
  token: {
    form: /^[\w.~+/=-]{16,}$/,
    create: newSecret,
    wayOut: "remove it to get a new operator's token (whoever uses the old one needs the new one)",
  },
  'agent-secret': {
    form: /^[\w.~+/=-]{16,}$/,
    create: newSecret,
    wayOut: 'write the old content back, or remove it to get a new secret and then restart every agent',
  },
  'spec-secret': {
    // Several while one replaces the other, as in DROVER_SPEC_SECRET.
    form: /^[\w.~+/=-]{32,}(?: *, *[\w.~+/=-]{32,})*$/,
    create: newSecret,
    wayOut: 'write the old content back, or remove it to get a new secret and then apply every fleet again',
  },
  installation: {
    form: /^[0-9a-f-]{36}$/,
    create: randomUUID,
    wayOut:
      'write the old content back (every directory in agents/ begins with it), or remove it and apply every fleet again',
  },
  host: {
    form: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    create: hostName,
    wayOut: 'write the old content back (describe agent shows it), or remove it and apply every fleet again',
  },
} as const satisfies Record<string, KeptText>;

/** Opens the state directory and creates what is missing in it. `FileProblem` for a file that is not what it should be, with the way out. */
export async function openStateDirectory(folder: string): Promise<StateDirectory> {
  const path = resolve(folder);
  makePrivate(path);
  const specSecrets = keptSpecSecrets(path);
  return {
    path,
    ports: await keptPorts(path),
    token: keptText(path, 'token'),
    tokenFile: join(path, 'token'),
    agentSecret: keptText(path, 'agent-secret'),
    ...(specSecrets && { specSecrets }),
    installation: keptText(path, 'installation'),
    host: keptText(path, 'host'),
    dbFile: join(path, 'temporal.db'),
    serverLog: join(path, 'temporal.log'),
  };
}

/** The secrets that specifications are signed with in this directory; undefined where no `drover up` has made one. */
export function keptSpecSecrets(folder: string): readonly string[] | undefined {
  const isThere = readKept(join(folder, 'spec-secret')) !== undefined;
  return isThere ? specSecretsIn(keptText(folder, 'spec-secret')) : undefined;
}

/** The same, made now where there are none. */
export function makeSpecSecrets(folder: string): readonly string[] {
  return specSecretsIn(keptText(folder, 'spec-secret'));
}

/** Keeps other ports from now on. */
export function keepPorts(folder: string, ports: Ports): void {
  replaceFile(portsFile(folder), JSON.stringify(ports));
}

/** Whether any process agent has been made here: what it was told, another installation could not make good. */
export function hasAgents(folder: string): boolean {
  const agents = join(folder, 'agents');
  try {
    return readdirSync(agents).length > 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw problem(agents, 'read', error);
  }
}

const portsFile = (folder: string) => join(folder, 'ports.json');

function makePrivate(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
  } catch (error) {
    throw problem(path, 'used as the state directory', errorCode(error) === 'ENOENT' ? whyNotMade(path, error) : error);
  }
}

/** On a read-only file system a recursive mkdir says ENOENT; the nearest directory that is there says why. */
function whyNotMade(path: string, error: unknown): unknown {
  const parent = dirname(path);
  try {
    accessSync(parent, constants.W_OK);
    return error;
  } catch (refusal) {
    return errorCode(refusal) === 'ENOENT' && parent !== path ? whyNotMade(parent, error) : refusal;
  }
}

/** A machine's name can hold what no queue's name can. */
function hostName(): string {
  const name = hostname()
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63);
  return name === '' ? 'localhost' : name;
}

function keptText(folder: string, name: keyof typeof TEXTS): string {
  const { form, create, wayOut } = TEXTS[name];
  const file = join(folder, name);
  if (readKept(file) === undefined) createFile(file, create());
  const text = readKept(file) ?? '';
  if (form.test(text.trim())) return text.trim();
  throw new FileProblem(file, `${contentOf(text)}: ${wayOut}`);
}

/** Ports that cannot be read are drawn again where no agent knows them. */
async function keptPorts(folder: string): Promise<Ports> {
  const file = portsFile(folder);
  const drawn = async () => {
    const [grpc = 0, ui = 0, gateway = 0] = await freePorts(3);
    return JSON.stringify({ grpc, ui, gateway });
  };
  if (readKept(file) === undefined) createFile(file, await drawn());
  try {
    return parseKept(file, readKept(file) ?? '', parsePorts);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    if (hasAgents(folder)) {
      const wayOut = 'write the old content back, or remove it to get new ports and then restart every agent';
      throw new FileProblem(file, `${error.message.slice(file.length + 1)}: ${wayOut}`, { cause: error });
    }
    replaceFile(file, await drawn());
    return parseKept(file, readKept(file) ?? '', parsePorts);
  }
}

function parsePorts(value: unknown): Ports | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { grpc, ui, gateway } = value as Partial<Record<keyof Ports, unknown>>;
  return isPort(grpc) && isPort(ui) && isPort(gateway) ? { grpc, ui, gateway } : undefined;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}
