/** The state directory (`.drover/`): what one installation keeps between two runs of `drover up`. Only its owner can read it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { isAlive, type ProcessIdentity } from './process-identity';
import { freePorts } from './ports';
import { hasCode } from './system-error';

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
  /** Tells this installation's resources from another's on the same machine. */
  readonly installation: string;
  /** Under which process agents are found again, also when the machine has been renamed. */
  readonly host: string;
  /** Temporal's database. */
  readonly dbFile: string;
  /** Output of the Temporal server. */
  readonly serverLog: string;
}

/** Opens the state directory and creates what is missing in it. */
export async function openStateDirectory(folder: string): Promise<StateDirectory> {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  const kept = (name: string, create: () => string) => readOrCreate(join(path, name), create);
  const [grpc = 0, ui = 0, gateway = 0] = await freePorts(3);
  return {
    path,
    ports: JSON.parse(kept('ports.json', () => JSON.stringify({ grpc, ui, gateway }))) as Ports,
    token: kept('token', () => randomBytes(32).toString('base64url')),
    tokenFile: join(path, 'token'),
    agentSecret: kept('agent-secret', () => randomBytes(32).toString('base64url')),
    installation: kept('installation', randomUUID),
    host: kept('host', hostname),
    dbFile: join(path, 'temporal.db'),
    serverLog: join(path, 'temporal.log'),
  };
}

/** Writes a file that only its owner can read, in one step: a reader never sees half of it. */
export function writePrivate(file: string, content: string): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, file);
}

/** Reads a file of the state directory; undefined where there is none. */
export function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Creates a file that says which process owns something. False when a running process already does. */
export function claim(file: string, owner: ProcessIdentity): boolean {
  const temporary = `${file}.${owner.pid}`;
  writeFileSync(temporary, JSON.stringify(owner), { mode: 0o600 });
  try {
    for (;;) {
      if (createOnce(temporary, file)) return true;
      const held = owned(file);
      if (held && isAlive(held)) return false;
      if (!removeStale(file, `${temporary}.stale`)) return false;
    }
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** The process that a claim names, alive or not. */
export function owned(file: string): ProcessIdentity | undefined {
  const content = readIfThere(file);
  return content === undefined ? undefined : (JSON.parse(content) as ProcessIdentity);
}

/** Moves a dead owner's claim away. False when it turned out to be a fresh one of somebody faster, which is put back. */
function removeStale(file: string, aside: string): boolean {
  try {
    renameSync(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
  const moved = owned(aside);
  const fresh = moved !== undefined && isAlive(moved);
  if (fresh) createOnce(aside, file);
  rmSync(aside, { force: true });
  return !fresh;
}

/** A link is made in one step and only where nothing is, which a rename does not promise. */
function createOnce(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function readOrCreate(file: string, create: () => string): string {
  const temporary = `${file}.${process.pid}`;
  if (!existsSync(file)) {
    writeFileSync(temporary, create(), { mode: 0o600 });
    createOnce(temporary, file);
    rmSync(temporary, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}
