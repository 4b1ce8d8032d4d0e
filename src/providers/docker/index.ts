/**
 * Agents in containers, through the Docker Engine API (or Podman's socket). One container per key,
 * made again at each start because its environment is fixed at creation. Its name is unique, so the
 * engine decides between concurrent creates. After destroy, a container that never runs keeps the
 * name, so the engine itself refuses a late create.
 */
import { existsSync } from 'node:fs';
import type { ResourceCall, ResourceState, WakeCall } from '../../contract/activities';
import { isoNow } from '../../lib/clock';
import type { LogPart, LogPartRequest } from '../../contract/agent/log';
import { isReference, variableReferences } from '../../contract/agent/references';
import { CAUSE_LINES } from '../../contract/failure/cause';
import { messageOf } from '../../contract/text';
import { type AgentAccess, instanceVariables, variableFindings } from '../environment';
import {
  type EndedInstance,
  type Finding,
  type HeldResource,
  type LogOptions,
  type Preparing,
  type Provider,
  providerError,
  titleOf,
  type Watch,
} from '../provider';
import { redacted, secretsOf } from '../redaction';
import type { SecretEnvironment } from '../secrets';
import { LABELS, containerName, dockerSpecOf } from './container';
import { Containers } from './containers';
import { Endings } from './endings';
import type { EngineOptions } from './engine';
import type { PullLimits } from './pull';
import { type Found, isNew, isTombstone, isUp, labelOf, pidOf, stateOf, variableOf } from './state';

/** Settings of the docker provider. */
export interface DockerProviderOptions extends AgentAccess {
  readonly installation: string;
  /** The worker's environment, where `env:` references are looked up. */
  readonly environment: SecretEnvironment;
  readonly engine?: EngineOptions | undefined;
  /** How long a pull may take (default: 2 min without progress, 30 min as a whole). */
  readonly pullLimits?: PullLimits;
}

/** The grace period of an agent that is replaced while it runs; below the 25 s of a call. */
const REPLACED_GRACE_MS = 5_000;
/** How many earlier instances are kept. A wake is late by one attempt, not by ten starts. */
const FORMER_KEPT = 10;
/** Docker's default socket. */
const DEFAULT_SOCKET = '/var/run/docker.sock';
/** Tries against concurrent callers that make and remove the same container. */
const TRIES = 10;

/** The docker provider. */
export class DockerProvider implements Provider {
  readonly kind = 'docker';
  private readonly options: DockerProviderOptions;
  private readonly containers: Containers;
  private endings: Endings | undefined;

  constructor(options: DockerProviderOptions) {
    this.options = options;
    this.containers = new Containers(options.installation, options.engine, options.pullLimits);
  }

  async check(call: Pick<ResourceCall, 'fleet' | 'agent' | 'spec'>): Promise<readonly Finding[]> {
    const { image } = dockerSpecOf(call);
    const variables = await variableFindings(call.spec, this.options.environment);
    const why = await this.containers.imageProblem(image);
    if (why === undefined) return variables;
    return [...variables, { field: 'docker.image', why }];
  }

  async create(call: ResourceCall): Promise<{ resourceId: string }> {
    dockerSpecOf(call);
    const labels = { [LABELS.createdAt]: isoNow(), [LABELS.instance]: '' };
    await this.converge(call, async (found) => (found ? true : this.containers.make(call, labels)));
    return { resourceId: containerName(call.key) };
  }

  async prepare(call: ResourceCall, preparing: Preparing): Promise<void> {
    await this.containers.fetchImage(call, preparing);
  }

  async wake(call: WakeCall): Promise<{ pid: number | null }> {
    return this.converge(call, async (found) => {
      const instance = labelOf(found, LABELS.instance);
      const former = (labelOf(found, LABELS.former) ?? '').split(',').filter(Boolean);
      // A later wake has overtaken this one: the instance has already started and ended.
      if (former.includes(call.instanceId)) return { pid: null };
      if (found && isUp(found)) {
        if (instance === call.instanceId) return { pid: pidOf(found) };
        await this.end(call, found, REPLACED_GRACE_MS);
        return undefined;
      }
      if (found && instance === call.instanceId && isNew(found)) return this.start(call, found);
      if (instance === call.instanceId) return { pid: null };
      if (found) await this.containers.remove(found);
      const createdAt = labelOf(found, LABELS.createdAt) ?? isoNow();
      const labels = {
        [LABELS.createdAt]: createdAt,
        [LABELS.instance]: call.instanceId,
        [LABELS.former]: [instance, ...former].filter(Boolean).slice(0, FORMER_KEPT).join(','),
      };
      const variables = await instanceVariables(call, this.options, this.options.environment);
      await this.containers.make(call, labels, variables);
      return undefined;
    });
  }

  async suspend(call: ResourceCall): Promise<void> {
    await this.containers.pause(call);
    await this.expect(call, 'paused');
  }

  async continue(call: ResourceCall): Promise<void> {
    await this.containers.unpause(call);
    await this.expect(call, 'running');
  }

  async stop(call: ResourceCall, graceMs: number): Promise<void> {
    const found = await this.find(call);
    if (found && isUp(found)) await this.end(call, found, graceMs);
  }

  private async end(call: ResourceCall, found: Found, graceMs: number): Promise<void> {
    // A paused container receives no signal.
    if (found.State.Paused) await this.containers.unpause(call);
    this.endings?.expect(found.Id);
    await this.containers.stop(found, graceMs);
  }

  async destroy(call: ResourceCall): Promise<{ existed: boolean }> {
    let existed = false;
    // A caller that collects garbage has no specification; the container has the image.
    let image = call.spec.docker?.image;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const found = await this.find(call);
      if (isTombstone(found)) return { existed: labelOf(found, LABELS.destroyed) === 'true' };
      image ??= found?.Config.Image;
      if (found) {
        this.endings?.expect(found.Id);
        await this.containers.remove(found, true);
      }
      existed ||= found !== undefined;
      if (image === undefined || (await this.containers.writeTombstone(call, image, existed))) return { existed };
    }
    throw providerError(`${titleOf(call)}: its container appears again each time it is removed`);
  }

  async inspect(call: ResourceCall): Promise<ResourceState> {
    const found = await this.find(call);
    return stateOf(found, () => this.lastLines(call, found));
  }

  /** Connects at once if an engine is expected, else at its first use. */
  watch(report: (ended: EndedInstance) => Promise<void>, warn: (error: unknown) => void): Watch {
    const { installation, engine, environment } = this.options;
    this.endings = new Endings({ installation, engine: () => this.containers.engine(), report, warn });
    const isExpected = engine !== undefined || environment['DOCKER_HOST'] !== undefined || existsSync(DEFAULT_SOCKET);
    if (isExpected) this.endings.begin();
    return this.endings;
  }

  async list(): Promise<readonly HeldResource[]> {
    return this.containers.list();
  }

  logs(call: Pick<ResourceCall, 'key' | 'resourceId'>, options?: LogOptions): AsyncIterable<Uint8Array> {
    return this.containers.logs(call, options);
  }

  logPart(
    call: Pick<ResourceCall, 'key' | 'resourceId'>,
    request: LogPartRequest,
    signal: AbortSignal,
  ): Promise<LogPart> {
    return this.containers.logPart(call, request, signal);
  }

  /** Looks and acts until `act` returns an answer. Throws for a destroyed key. */
  private async converge<T>(call: ResourceCall, act: (found: Found | undefined) => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const found = await this.find(call);
      if (isTombstone(found)) {
        throw providerError(`${titleOf(call)}: key ${call.key} was destroyed and is never used again`, {
          permanent: true,
        });
      }
      const answer = await act(found);
      if (answer !== undefined) return answer;
    }
    throw providerError(`${titleOf(call)}: others make and remove its container at the same time`);
  }

  private find(call: ResourceCall): Promise<Found | undefined> {
    this.endings?.begin();
    return this.containers.find(call.key);
  }

  /** Undefined if the container was replaced in between. */
  private async start(call: WakeCall, found: Found): Promise<{ pid: number | null } | undefined> {
    await this.containers.start(call, found);
    const now = await this.containers.find(call.key);
    return now?.Id === found.Id ? { pid: pidOf(now) } : undefined;
  }

  private async expect(call: ResourceCall, wanted: 'running' | 'paused'): Promise<void> {
    const { state, detail } = await this.inspect(call);
    if (state === wanted) return;
    const why = detail === null ? '' : `: ${detail}`;
    // A running container may still reach the state; an ended one never does.
    const permanent = state !== 'running' && state !== 'paused';
    throw providerError(`${titleOf(call)}: is ${state}, not ${wanted}${why}`, { permanent });
  }

  private async lastLines(call: ResourceCall, found: Found | undefined): Promise<string> {
    let text = '';
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of this.logs(call, { tail: CAUSE_LINES })) pieces.push(piece);
      text = Buffer.concat(pieces).toString('utf8');
    } catch (error) {
      // The state of the container does not depend on its log.
      text += `(${messageOf(error)})`;
    }
    const { fleet, agent, spec } = call;
    // The container has the secrets that it was started with, even if a reference leads to another one now.
    const variables = spec.docker?.env ?? {};
    const resolved = Object.keys(variables).filter((name) => isReference(variables[name] ?? ''));
    const given = [spec.subscription?.inject?.env, ...resolved].map((name) => variableOf(found, name));
    const values = [...given, ...secretsOf(variables)];
    const references = [call.secret, ...variableReferences(spec)];
    // Cut only after redaction: half a secret would not be found.
    return redacted(text, { fleet, agent, values, references }, this.options);
  }
}
