/**
 * The port to the outside world (docs/provisioning.md, "Providers"): the operations of every
 * provider, and its one kind of error.
 */
import { type ResourceCall, type ResourceState, type WakeCall, PREPARATION } from '../contract/activities';
import type { ProviderKind } from '../contract/agent';
import type { LogPart, LogPartRequest } from '../contract/agent/log';
import { DroverError } from '../contract/errors';

/** A resource that a provider holds under this installation's label; `createdAt` in ISO 8601. */
export interface HeldResource {
  readonly resourceId: string;
  readonly key: string;
  readonly fleet: string;
  readonly agent: string;
  readonly createdAt: string;
  /** Ids of its processes on this machine, if the provider can find them. */
  readonly processes?: readonly number[];
}

/**
 * `tail`: only this many of the last lines (default all). `follow`: keep reading new output until
 * `signal` aborts.
 */
export interface LogOptions {
  readonly tail?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** A running preparation: `signal` ends it, `progress` receives its progress as text. */
export interface Preparing {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

/** An instance that has ended, with its agent. */
export interface EndedInstance {
  readonly fleet: string;
  readonly agent: string;
  readonly key: string;
  readonly instanceId: string;
}

/** Something that the host lacks for an agent: the field of its specification, and why with what to do. */
export interface Finding {
  readonly field: string;
  readonly why: string;
}

/** A running watch. `stop` resolves when no report is in progress. */
export interface Watch {
  readonly stop: () => Promise<void>;
}

/**
 * One provider. Every operation is idempotent, so it can be repeated after a lost answer. Failures
 * are `ProviderError`s: `details.permanent` says that a retry would fail too.
 */
export interface Provider {
  readonly kind: ProviderKind;
  /** Looks whether everything is there that a start needs, without changing anything; throws if it cannot look. */
  check?(call: Pick<ResourceCall, 'fleet' | 'agent' | 'spec'>): Promise<readonly Finding[]>;
  /** Finds or creates the resource of `call.key`; refuses a destroyed key. */
  create(call: ResourceCall): Promise<{ resourceId: string }>;
  /**
   * Work that takes longer than a call may, such as fetching an image. Called when create or wake
   * has failed with `needsPreparation`.
   */
  prepare?(call: ResourceCall, preparing: Preparing): Promise<void>;
  /**
   * Starts the instance `call.instanceId`, after all other instances have ended. Succeeds if it
   * already runs. An instance that has ended, or that a later one has replaced, is not started
   * again.
   */
  wake(call: WakeCall): Promise<{ pid: number | null }>;
  /** Freezes the agent; succeeds when it is frozen. */
  suspend(call: ResourceCall): Promise<void>;
  /** Continues the agent; succeeds when it runs. */
  continue(call: ResourceCall): Promise<void>;
  /**
   * Asks the agent to end, kills it after `graceMs`, and returns when it has ended. Succeeds if it
   * does not run.
   */
  stop(call: ResourceCall, graceMs: number): Promise<void>;
  /**
   * Kills and removes the resource, and refuses its key from then on. `existed` is false if it
   * never existed.
   */
  destroy(call: ResourceCall): Promise<{ existed: boolean }>;
  /**
   * The state: `stopped` was created and never woken; `exited` was woken and has ended, with its
   * exit code if known.
   */
  inspect(call: ResourceCall): Promise<ResourceState>;
  /**
   * All resources of this installation, and running processes without a resource. `skipped`
   * receives what cannot be read; without it that is an error.
   */
  list(skipped?: (why: string) => void): Promise<readonly HeldResource[]>;
  /**
   * Reports every instance that ends by itself, at once and at no cost per agent, and first those
   * that ended while no worker watched. A report that rejects is made again. `warn` receives
   * failures of the watch itself.
   */
  watch?(report: (ended: EndedInstance) => Promise<void>, warn: (error: unknown) => void): Watch;
  /** Maintenance while a worker runs; called every few seconds. */
  maintain?(): Promise<void>;
  /**
   * A part of the output in lines, for readers elsewhere; undefined for agents whose output this
   * provider does not have. Ends a wait early when `signal` aborts.
   */
  logPart?(
    call: Pick<ResourceCall, 'key' | 'resourceId'>,
    request: LogPartRequest,
    signal: AbortSignal,
  ): Promise<LogPart>;
  /** The output as raw bytes: a piece may end within a character. */
  logs(call: Pick<ResourceCall, 'key' | 'resourceId'>, options?: LogOptions): AsyncIterable<Uint8Array>;
}

/** Providers by kind. A worker refuses calls for a provider that it lacks. */
export type Providers = Readonly<Partial<Record<ProviderKind, Provider>>>;

/** Details of a failure. */
export interface ProviderErrorOptions {
  /** A retry would fail too, so Drover does not retry. */
  readonly permanent?: boolean;
  /** The delay before a retry, as the other side said (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number;
  /** The call did not reach the other side, so nothing was done. */
  readonly notSent?: boolean;
  readonly cause?: unknown;
}

/** The error of every provider. */
export function providerError(
  message: string,
  { permanent = false, retryAfterMs, notSent = false, cause }: ProviderErrorOptions = {},
): DroverError {
  const details = {
    permanent,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(notSent ? { notSent } : {}),
  };
  return new DroverError('ProviderError', message, details, { cause });
}

/** The error of a create or wake that can succeed only after `prepare`. */
export function needsPreparation(message: string): DroverError {
  return new DroverError('ProviderError', message, { permanent: true, needs: PREPARATION });
}

/** The installation of a key: its first part, before a dot, which names cannot contain. */
export function installationOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('.')));
}

/** The name of an agent in messages: `fleet/agent`. */
export function titleOf(call: { readonly fleet: string; readonly agent: string }): string {
  return `${call.fleet}/${call.agent}`;
}

/** The state of a resource that does not exist. */
export const ABSENT: ResourceState = { state: 'absent', exitCode: null, pid: null, detail: null };
