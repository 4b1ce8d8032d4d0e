/** The default provider: operating system processes on this host, which survive the worker. */
import { join } from 'node:path';
import type { ResourceCall, ResourceState, WakeCall } from '../../contract/activities';
import { isoNow, wallClockMs } from '../../lib/clock';
import type { LogPart, LogPartRequest } from '../../contract/agent/log';
import { variableReferences } from '../../contract/agent/references';
import { CAUSE_LINES, endingText } from '../../contract/failure/cause';
import { boundedTail, messageOf } from '../../contract/text';
import { DroverError } from '../../contract/errors';
import type { AgentAccess } from '../environment';
import {
  type EndedInstance,
  type Finding,
  type HeldResource,
  type LogOptions,
  type Provider,
  type Watch,
  ABSENT,
  installationOf,
  providerError,
  titleOf,
} from '../provider';
import { redacted, secretsOf } from '../redaction';
import { type HostEnvironment, launchFindings, prepareLaunch, processSpecOf } from './command';
import { type Instance, ResourceDirectory, keysBelow } from './directory';
import { eachInTurn } from './each-in-turn';
import { Endings } from './endings';
import { type InstanceStatus, familyOf, settledStatusOf, stopInstance, switchTo } from './instance';
import { removeAll, launch } from './launch';
import { logPart } from './log-parts';
import { noteSize } from './log-times';
import { cutLog, lastLines, readLog } from './logs';
import { endOthers, endRemains, markedProcesses, remainsInWords, withProcesses } from './remains';
import { killFamily } from './signals';

/**
 * Settings of the process provider. `stateDir` holds all of its state; `environment` is the
 * worker's.
 */
export interface ProcessProviderOptions extends AgentAccess {
  readonly stateDir: string;
  readonly installation: string;
  readonly environment: HostEnvironment;
  /** Whether agents get their own cgroups if possible (default true). */
  readonly cgroups?: boolean;
}

/**
 * How long a tombstone stays. A create that arrives later would be days beyond every deadline of
 * its activity.
 */
const TOMBSTONE_MS = 7 * 24 * 60 * 60 * 1_000;

/** The process provider: a process group and a directory of files per key. */
export class ProcessProvider implements Provider {
  readonly kind = 'process';
  private readonly options: ProcessProviderOptions;
  private readonly root: string;
  private endings: Endings | undefined;

  constructor(options: ProcessProviderOptions) {
    this.options = options;
    this.root = join(options.stateDir, 'agents');
  }

  check(call: Pick<ResourceCall, 'fleet' | 'agent' | 'spec'>): Promise<readonly Finding[]> {
    return launchFindings(call, this.options.environment);
  }

  async create(call: ResourceCall): Promise<{ resourceId: string }> {
    processSpecOf(call);
    const { key, fleet, agent } = call;
    const directory = this.directory(key);
    await nothingMade(call, directory.make());
    await this.refuseDestroyed(directory, call);
    await nothingMade(call, directory.writeOwner({ key, fleet, agent, createdAt: isoNow() }));
    // A destroy may have come in between.
    await this.refuseDestroyed(directory, call);
    return { resourceId: key };
  }

  async wake(call: WakeCall): Promise<{ pid: number | null }> {
    const directory = await this.existing(call);
    const instances = await directory.instances();
    const last = instances.at(-1);
    if (last?.instanceId === call.instanceId) {
      const status = await settledStatusOf(directory, last);
      if (status.ran) return { pid: status.agent?.pid ?? null };
    } else if (last) {
      // A later wake has overtaken this one: the instance has already started and ended.
      if (instances.some(({ instanceId }) => instanceId === call.instanceId)) return { pid: null };
      await this.deliberately(call.key, () => endOthers(directory, last, call.instanceId));
    }
    const start = await prepareLaunch(call, this.options.environment, this.options);
    return launch(directory, call, (last?.number ?? 0) + 1, start, {
      cgroups: this.options.cgroups ?? true,
      ended: (number) => void this.endings?.shellEnded(directory, number),
      shown: (lines) => this.shown(lines, call, call.subscription?.secret),
    });
  }

  async suspend(call: ResourceCall): Promise<void> {
    await this.switchRuntime(call, 'paused');
  }

  async continue(call: ResourceCall): Promise<void> {
    await this.switchRuntime(call, 'running');
  }

  async stop(call: ResourceCall, graceMs: number): Promise<void> {
    const directory = this.directory(call.key);
    const last = (await directory.readableInstances()).at(-1);
    const family = await familyOf(directory);
    await this.deliberately(call.key, () =>
      last ? stopInstance(directory, last, family, graceMs) : killFamily(family),
    );
  }

  async destroy(call: ResourceCall): Promise<{ existed: boolean }> {
    const directory = this.directory(call.key);
    await directory.make();
    const existed = await directory.isOwned();
    await directory.writeTombstone({ existed, at: isoNow() });
    await this.deliberately(call.key, () => removeAll(directory));
    return { existed: (await directory.tombstone())?.existed ?? existed };
  }

  async inspect(call: ResourceCall): Promise<ResourceState> {
    const directory = this.directory(call.key);
    if (!(await directory.isOwned()) || (await directory.tombstone())) return ABSENT;
    const last = (await directory.instances()).at(-1);
    if (!last) return { ...ABSENT, state: 'stopped' };
    const status = await settledStatusOf(directory, last);
    if (status.phase === 'ended') return this.ended(call, directory, last, status);
    return {
      state: status.phase === 'paused' ? 'paused' : 'running',
      exitCode: null,
      pid: status.agent?.pid ?? null,
      detail: null,
    };
  }

  async list(skipped: (why: string) => void = refuse): Promise<readonly HeldResource[]> {
    const own = (await keysBelow(this.root)).filter((key) => installationOf(key) === this.options.installation);
    const skip = (error: unknown): HeldResource[] => {
      skipped(error instanceof Error ? error.message : String(error));
      return [];
    };
    const held = (await Promise.all(own.map((key) => this.held(this.directory(key)).catch(skip)))).flat();
    return withProcesses(held, await markedProcesses(this.options.installation));
  }

  watch(report: (ended: EndedInstance) => Promise<void>, warn: (error: unknown) => void): Watch {
    const { root } = this;
    this.endings = new Endings({ root, installation: this.options.installation, report, warn });
    this.endings.begin().catch(warn);
    return this.endings;
  }

  async maintain(): Promise<void> {
    const works = (await keysBelow(this.root)).map((key) => async () => {
      const { log } = this.directory(key);
      await cutLog(log);
      await noteSize(log);
    });
    await eachInTurn([...works, () => endRemains(this.root, this.options.installation)]);
  }

  logs(call: Pick<ResourceCall, 'key'>, options?: LogOptions): AsyncIterable<Uint8Array> {
    return readLog(this.logPath(call), options);
  }

  logPart(call: Pick<ResourceCall, 'key'>, request: LogPartRequest, signal: AbortSignal): Promise<LogPart> {
    return logPart(this.logPath(call), request, signal);
  }

  /** The file of an agent's output. */
  logPath(call: Pick<ResourceCall, 'key'>): string {
    return this.directory(call.key).log;
  }

  /** Ends processes on purpose, without a report of their end. */
  private deliberately<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.endings === undefined ? work() : this.endings.deliberately(key, work);
  }

  private directory(key: string): ResourceDirectory {
    return new ResourceDirectory(this.root, key);
  }

  private async existing(call: ResourceCall): Promise<ResourceDirectory> {
    const directory = this.directory(call.key);
    await this.refuseDestroyed(directory, call);
    if (await directory.isOwned()) return directory;
    throw providerError(`${titleOf(call)}: no process was created under key ${call.key}`, { permanent: true });
  }

  private async refuseDestroyed(directory: ResourceDirectory, call: ResourceCall): Promise<void> {
    if (!(await directory.tombstone())) return;
    throw providerError(`${titleOf(call)}: key ${call.key} was destroyed and is never used again`, { permanent: true });
  }

  private async switchRuntime(call: ResourceCall, wanted: 'running' | 'paused'): Promise<void> {
    const directory = await this.existing(call);
    const last = (await directory.instances()).at(-1);
    const status = last && (await switchTo(directory, last, wanted));
    if (status?.phase === wanted) return;
    const why = last && status ? (await this.ended(call, directory, last, status)).detail : 'it was never started';
    throw providerError(`${titleOf(call)}: does not run: ${why ?? ''}`, { permanent: true });
  }

  private async ended(
    call: ResourceCall,
    directory: ResourceDirectory,
    instance: Instance,
    status: InstanceStatus,
  ): Promise<ResourceState> {
    const { exitCode } = status;
    const how =
      exitCode === null
        ? 'ended without an exit code (killed together with its shell)'
        : `exited with code ${String(exitCode)}`;
    const lines = await lastLines(directory.log, CAUSE_LINES, instance.logOffset);
    const shown = await this.shown(lines, call, instance.secret);
    const detail = endingText(`${how}${await remainsInWords(directory, instance)}`, shown);
    return { state: 'exited', exitCode, pid: null, detail, log: boundedTail(shown) };
  }

  /**
   * Lines of the log without secrets. They are cut after redaction: half a secret would not be
   * found.
   */
  private async shown(lines: string, call: ResourceCall, secret: string | undefined): Promise<string> {
    const { fleet, agent, spec } = call;
    const concern = {
      fleet,
      agent,
      values: secretsOf(spec.process?.env ?? {}),
      references: [secret, call.secret, ...variableReferences(spec)],
    };
    return redacted(lines, concern, this.options);
  }

  /** The resource in a directory. This also removes a tombstone that is too old to be needed. */
  private async held(directory: ResourceDirectory): Promise<HeldResource[]> {
    const tombstone = await directory.tombstone();
    if (tombstone && wallClockMs() - Date.parse(tombstone.at) > TOMBSTONE_MS) await directory.forget();
    const owner = tombstone ? undefined : await directory.owner();
    return owner ? [{ resourceId: owner.key, ...owner }] : [];
  }
}

function refuse(why: string): never {
  throw providerError(why);
}

/**
 * Marks a failed write as not sent: without the directory or the owner nothing exists that would
 * have to be undone.
 */
async function nothingMade(call: ResourceCall, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (error instanceof DroverError) throw error;
    throw providerError(`${titleOf(call)}: ${messageOf(error)}`, { notSent: true, cause: error });
  }
}
