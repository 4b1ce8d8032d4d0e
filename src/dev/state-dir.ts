/**
 * The state directory (`.drover/`): the files that one installation keeps between runs of `drover
 * up`. Only its owner can read it.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../lib/error-code';
import { contentOf, createFile, FileProblem, parseKept, problem, readKept, replaceFile } from '../lib/kept-file';
import { specSecretsIn } from '../contract/agent/spec-secret';
import { freePorts } from './ports';

/**
 * The ports of an installation. They stay the same, so that running agents find the gateway again.
 */
export interface Ports {
  readonly grpc: number;
  readonly ui: number;
  readonly gateway: number;
}

/** The content of the state directory. */
export interface StateDirectory {
  /** Absolute. */
  readonly path: string;
  readonly ports: Ports;
  /** The operator's token for the gateway. */
  readonly token: string;
  readonly tokenFile: string;
  /** The secret from which every agent's token is derived. */
  readonly agentSecret: string;
  /** With which specifications are signed; undefined if no `drover up` has made one here. */
  readonly specSecrets?: readonly string[];
  /** Tells the resources of this installation from others on the same machine. */
  readonly installation: string;
  /** The host name of process agents. It stays the same even if the machine is renamed. */
  readonly host: string;
  /** Temporal's database. */
  readonly dbFile: string;
  /** The log of the Temporal server. */
  readonly serverLog: string;
}

/** The name of the file of named tokens, where `DROVER_TOKENS_FILE` names no other. */
export const TOKENS_FILE = 'tokens.yaml';

/** A file with one line of text: its form, and what to do about a file with another form. */
interface KeptText {
  readonly form: RegExp;
  readonly create: () => string;
  readonly wayOut: string;
}

const newSecret = (): string => randomBytes(32).toString('base64url');

/** Never empty: anyone could derive tokens from an empty secret. */
const TEXTS = {
  token: {
    form: /^[\w.~+/=-]{16,}$/,
    create: newSecret,
    wayOut: "remove it to get a new operator's token (users of the old one need the new one)",
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

/**
 * Opens the state directory and creates missing files. `FileProblem` for a damaged file says what
 * to do.
 */
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

/**
 * The secrets that specifications are signed with in this directory; undefined if no `drover up`
 * has made one.
 */
export function keptSpecSecrets(folder: string): readonly string[] | undefined {
  const isThere = readKept(join(folder, 'spec-secret')) !== undefined;
  return isThere ? specSecretsIn(keptText(folder, 'spec-secret')) : undefined;
}

/** The secret of agents' tokens in this directory; undefined without one. Makes nothing. */
export function keptAgentSecret(folder: string): string | undefined {
  return readKept(join(folder, 'agent-secret')) === undefined ? undefined : keptText(folder, 'agent-secret');
}

/** The same, made now if they do not exist. */
export function makeSpecSecrets(folder: string): readonly string[] {
  return specSecretsIn(keptText(folder, 'spec-secret'));
}

/** Writes other ports. */
export function keepPorts(folder: string, ports: Ports): void {
  replaceFile(portsFile(folder), JSON.stringify(ports));
}

/**
 * True if process agents were made here: they hold values that a new installation could not
 * restore.
 */
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

/**
 * The reason why a directory was not made. On a read-only file system a recursive mkdir fails with
 * ENOENT; the nearest existing directory says why.
 */
function whyNotMade(path: string, error: unknown): unknown {
  const parent = dirname(path);
  try {
    accessSync(parent, constants.W_OK);
    return error;
  } catch (refusal) {
    return errorCode(refusal) === 'ENOENT' && parent !== path ? whyNotMade(parent, error) : refusal;
  }
}

/** The machine's name, without characters that queue names cannot contain. */
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

/** Reads the ports. Damaged ones are drawn again if no agent knows them. */
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
