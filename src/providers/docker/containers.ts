/** The containers of one installation on the engine, by key. */
import type Docker from 'dockerode';
import type { ResourceCall } from '../../contract/activities';
import type { LogPart, LogPartRequest } from '../../contract/agent/log';
import { messageOf } from '../../contract/text';
import { isoNow, wallClockMs } from '../../lib/clock';
import {
  type HeldResource,
  type LogOptions,
  type Preparing,
  installationOf,
  needsPreparation,
  titleOf,
} from '../provider';
import { LABELS, containerFor, containerName, dockerSpecOf, tombstoneFor } from './container';
import {
  type EngineError,
  type EngineOptions,
  calling,
  except,
  isConflict,
  isGone,
  isRefused,
  isUnknownImage,
  isUnsupported,
  lazyEngine,
  orAborted,
} from './engine';
import { containerLogPart, containerLogs } from './logs';
import { type PullLimits, pullImage } from './pull';
import type { Found } from './state';

/** As in the process provider: a create that arrives later would be days beyond every deadline. */
const TOMBSTONE_MS = 7 * 24 * 60 * 60 * 1_000;
/** How long a check may pull: the answer of a registry takes seconds, and the check as a whole has a minute. */
const TRIAL_PULL_MS = 40_000;

type Labels = Readonly<Record<string, string>>;

/**
 * Single calls to the engine. A concurrent change by another caller is not an error here: the
 * caller looks again.
 */
export class Containers {
  private readonly installation: string;
  readonly engine: () => Promise<Docker>;
  private readonly pullLimits: PullLimits | undefined;

  constructor(installation: string, options: EngineOptions | undefined, pullLimits?: PullLimits) {
    this.pullLimits = pullLimits;
    this.installation = installation;
    this.engine = lazyEngine(options);
  }

  async find(key: string): Promise<Found | undefined> {
    const container = await this.container(containerName(key));
    return except(
      calling('look for a container', (abortSignal) => container.inspect({ abortSignal })),
      isGone,
    );
  }

  /**
   * Why the image cannot be had, with what to do; undefined if the engine or its registry has it. Also undefined if the registry does
   * not answer: a pull will tell.
   */
  async imageProblem(image: string): Promise<string | undefined> {
    const engine = await this.engine();
    const its = engine.getImage(image);
    const local = await except(
      calling(`look for the image ${image}`, (signal) => orAborted(its.inspect(), signal)),
      isGone,
    );
    if (local !== undefined) return undefined;
    let refused: EngineError | undefined;
    const asking = calling(`ask for the image ${image}`, (signal) => orAborted(its.distribution(), signal));
    await except(asking, (error) => {
      refused = error;
      return true;
    });
    if (refused === undefined) return undefined;
    if (isUnsupported(refused)) return this.pullProblem(image);
    if (!isUnknownImage(refused)) return undefined;
    return `neither the engine nor its registry has the image ${image}; build or push it, or correct docker.image`;
  }

  /** An engine that cannot ask a registry, as Podman, pulls the image. One that still pulls after a while has found it. */
  private async pullProblem(image: string): Promise<string | undefined> {
    const engine = await this.engine();
    const isLate = AbortSignal.timeout(TRIAL_PULL_MS);
    const preparing = { signal: isLate, progress: () => undefined };
    try {
      await pullImage(
        engine,
        image,
        `the engine has no image ${image}, and pulling it failed`,
        preparing,
        this.pullLimits,
      );
      return undefined;
    } catch (error) {
      if (isLate.aborted) return undefined;
      return `${messageOf(error)}; build or push it, or correct docker.image`;
    }
  }

  /**
   * Makes the container of a key. Undefined: another caller was first, so look again. Throws
   * `needsPreparation` if the image is missing.
   */
  async make(call: ResourceCall, labels: Labels, variables: Labels = {}): Promise<true | undefined> {
    const engine = await this.engine();
    const { image } = dockerSpecOf(call);
    const options = containerFor(call, { [LABELS.installation]: installationOf(call.key), ...labels }, variables);
    let hasImage = true;
    const making = calling(`${titleOf(call)}: make a container of ${image}`, (abortSignal) =>
      engine.createContainer({ ...options, abortSignal }),
    );
    const made = await except(making, isConflict, (error) => {
      hasImage = !isGone(error);
      return !hasImage;
    });
    if (!hasImage) throw needsPreparation(`${titleOf(call)}: the engine has no image ${image}`);
    return made && true;
  }

  /**
   * Writes a tombstone: a container that never runs keeps the name. False: another container was
   * first. If the engine has no such image, or refuses the request, it cannot make a late container
   * either, so no tombstone is needed.
   */
  async writeTombstone(call: ResourceCall, image: string, existed: boolean): Promise<boolean> {
    const engine = await this.engine();
    const labels = {
      [LABELS.installation]: installationOf(call.key),
      [LABELS.createdAt]: isoNow(),
      [LABELS.destroyed]: String(existed),
    };
    let taken = false;
    const writing = calling(`${titleOf(call)}: keep its name`, (abortSignal) =>
      engine.createContainer({ ...tombstoneFor(call, image, labels), abortSignal }),
    );
    await except(writing, (error) => (taken = isConflict(error)), isGone, isRefused);
    return !taken;
  }

  async start(call: ResourceCall, found: Found): Promise<void> {
    const container = await this.container(found.Id);
    const command = dockerSpecOf(call).command?.join(' ') ?? 'the command of its image';
    const starting = calling(`${titleOf(call)}: run ${JSON.stringify(command)}`, (abortSignal) =>
      container.start({ abortSignal }),
    );
    await except(starting, isConflict, isGone);
  }

  async pause(call: ResourceCall): Promise<void> {
    const container = await this.container(containerName(call.key));
    const pausing = calling(`suspend ${titleOf(call)}`, (abortSignal) => container.pause({ abortSignal }));
    await except(pausing, isConflict, isGone);
  }

  async unpause(call: ResourceCall): Promise<void> {
    const container = await this.container(containerName(call.key));
    const continuing = calling(`continue ${titleOf(call)}`, (abortSignal) => container.unpause({ abortSignal }));
    await except(continuing, isConflict, isGone);
  }

  /**
   * The engine's own stop: SIGTERM, then SIGKILL after the grace period, which the engine counts in
   * whole seconds.
   */
  async stop(found: Found, graceMs: number): Promise<void> {
    const container = await this.container(found.Id);
    const t = Math.ceil(graceMs / 1_000);
    const stopping = calling(`stop ${found.Name}`, (abortSignal) => container.stop({ t, abortSignal }), graceMs);
    await except(stopping, isConflict, isGone);
  }

  async remove(found: Found, force = false): Promise<void> {
    const container = await this.container(found.Id);
    const removing = calling(`remove ${found.Name}`, (abortSignal) =>
      container.remove({ force, v: true, abortSignal }),
    );
    await except(removing, isConflict, isGone);
  }

  /**
   * All containers of this installation. This also removes tombstones that are too old to be
   * needed.
   */
  async list(): Promise<HeldResource[]> {
    const engine = await this.engine();
    const filters = { label: [`${LABELS.installation}=${this.installation}`] };
    const all = await calling('list containers', (abortSignal) =>
      engine.listContainers({ all: true, filters, abortSignal }),
    );
    const tombstones = all.filter(({ Labels }) => LABELS.destroyed in Labels);
    const old = tombstones.filter(
      ({ Labels }) => wallClockMs() - Date.parse(Labels[LABELS.createdAt] ?? '') > TOMBSTONE_MS,
    );
    for (const { Id } of old)
      await except(
        calling('remove a tombstone', () => engine.getContainer(Id).remove()),
        isConflict,
        isGone,
      );
    return all.filter((found) => !tombstones.includes(found)).map(({ Labels }) => heldBy(Labels));
  }

  async *logs(call: Pick<ResourceCall, 'key' | 'resourceId'>, options?: LogOptions): AsyncGenerator<Uint8Array> {
    yield* containerLogs(await this.container(call.resourceId ?? containerName(call.key)), options);
  }

  async logPart(
    call: Pick<ResourceCall, 'key' | 'resourceId'>,
    request: LogPartRequest,
    signal: AbortSignal,
  ): Promise<LogPart> {
    return containerLogPart(await this.container(call.resourceId ?? containerName(call.key)), request, signal);
  }

  private async container(nameOrId: string): Promise<Docker.Container> {
    return (await this.engine()).getContainer(nameOrId);
  }

  /** Fetches the image of an agent. */
  async fetchImage(call: ResourceCall, preparing: Preparing): Promise<void> {
    const engine = await this.engine();
    const { image } = dockerSpecOf(call);
    const what = `${titleOf(call)}: the engine has no image ${image}, and pulling it failed`;
    await pullImage(engine, image, what, preparing, this.pullLimits);
  }
}

function heldBy(labels: Labels): HeldResource {
  const [key = '', fleet = '', agent = '', createdAt = ''] = [
    LABELS.key,
    LABELS.fleet,
    LABELS.agent,
    LABELS.createdAt,
  ].map((label) => labels[label]);
  return { resourceId: containerName(key), key, fleet, agent, createdAt };
}
