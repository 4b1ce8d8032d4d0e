/** The port to the outside world (docs/provisioning.md, "Providers"): what every provider offers, and the one way it fails. */
import { type ResourceCall, type ResourceState, type WakeCall, PREPARATION } from '../contract/activities';
import type { ProviderKind } from '../contract/agent';
import { DroverError } from '../contract/errors';

/** A resource that a provider holds under this installation's label; `createdAt` in ISO 8601. */
export interface HeldResource {
  readonly resourceId: string;
  readonly key: string;
  readonly fleet: string;
  readonly agent: string;
  readonly createdAt: string;
  /** Process ids of what runs of it on this machine, where the provider can tell. */
  readonly processes?: readonly number[];
}

/** `tail`: the last so many lines first (default all). `follow`: go on with what comes until `signal` aborts. */
export interface LogOptions {
  readonly tail?: number;
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** A preparation under way: `signal` ends it, `progress` is told in words how far it is. */
export interface Preparing {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

/**
 * One provider. Every operation may be repeated after a lost answer and then does nothing twice. Failures are `ProviderError`s:
 * `details.permanent` says that a repeat would fail alike.
 */
export interface Provider {
  readonly kind: ProviderKind;
  /** Find-or-create by `call.key`; refused for a key that was destroyed. */
  create(call: ResourceCall): Promise<{ resourceId: string }>;
  /**
   * What takes longer than a call may, such as fetching an image. Asked for where create or wake has failed with what `needsPreparation`
   * makes.
   */
  prepare?(call: ResourceCall, preparing: Preparing): Promise<void>;
  /**
   * Starts the instance `call.instanceId`, once everything of other instances has ended. It is success when it runs already; one of this
   * id that has ended, or that a later instance has replaced, is not started again.
   */
  wake(call: WakeCall): Promise<{ pid: number | null }>;
  /** Freezes what runs; success when it is frozen. */
  suspend(call: ResourceCall): Promise<void>;
  /** Lets it go on; success when it runs. */
  continue(call: ResourceCall): Promise<void>;
  /** Asks it to end, kills it after `graceMs`, and returns when it is gone. Success when it does not run. */
  stop(call: ResourceCall, graceMs: number): Promise<void>;
  /** Kills and removes it, and refuses its key from then on. `existed` false: it never was. */
  destroy(call: ResourceCall): Promise<{ existed: boolean }>;
  /** `stopped`: created and never woken. `exited`: woken and ended, with its exit code where that is known. */
  inspect(call: ResourceCall): Promise<ResourceState>;
  /** Everything of this installation, running or not; also what runs without a resource that knows of it. `skipped` hears of what cannot be read, which is an error without it. */
  list(skipped?: (why: string) => void): Promise<readonly HeldResource[]>;
  /** What has to be looked after while a worker lives, where there is such a thing; called every few seconds. */
  tend?(): Promise<void>;
  /** What it printed, the bytes as they are: a piece may end within a character. */
  logs(call: Pick<ResourceCall, 'key' | 'resourceId'>, options?: LogOptions): AsyncIterable<Uint8Array>;
}

/** Providers by kind; a worker without one of them refuses what is asked of it. */
export type Providers = Readonly<Partial<Record<ProviderKind, Provider>>>;

/** How a failure came about. */
export interface ProviderErrorOptions {
  /** A repeat would fail alike: not retried. */
  readonly permanent?: boolean;
  /** When a repeat makes sense, as the other side said (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number;
  /** It never left this machine: the other side was not reached, and nothing was done. */
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

/** The error of a create or wake that succeeds only after `prepare`. */
export function needsPreparation(message: string): DroverError {
  return new DroverError('ProviderError', message, { permanent: true, needs: PREPARATION });
}

/** The installation that a key belongs to: its first part, before anything that an agent's name can hold. */
export function installationOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('.')));
}

/** How messages name an agent: `fleet/agent`. */
export function titleOf(call: { readonly fleet: string; readonly agent: string }): string {
  return `${call.fleet}/${call.agent}`;
}

/** The state of something that is not there. */
export const ABSENT: ResourceState = { state: 'absent', exitCode: null, pid: null, detail: null };
