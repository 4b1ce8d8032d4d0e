/** The container of an agent: its name, labels and limits. */
import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import type { ResourceCall } from '../../contract/activities';
import type { DockerSpec } from '../../contract/agent';
import { providerError, titleOf } from '../provider';

/**
 * Labels of every container that Drover makes. They name the owner, so people can read it without
 * Drover.
 */
export const LABELS = {
  installation: 'drover.installation',
  key: 'drover.key',
  fleet: 'drover.fleet',
  agent: 'drover.agent',
  /** The time of `create`. A container is made again at each start, its resource is not. */
  createdAt: 'drover.created-at',
  /** The current instance; empty before the first start. */
  instance: 'drover.instance',
  /** Earlier instances, newest first, to detect a late wake of one of them. */
  former: 'drover.former-instances',
  /** Only on a tombstone: whether anything was destroyed. */
  destroyed: 'drover.destroyed',
} as const;

/**
 * The container's name, derived from the key. The engine refuses a second container with the same
 * name.
 */
export function containerName(key: string): string {
  return `drover-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/** The `docker` part of a call's specification. */
export function dockerSpecOf(call: Pick<ResourceCall, 'spec' | 'fleet' | 'agent'>): DockerSpec {
  const { docker } = call.spec;
  if (docker?.image) return docker;
  throw providerError(`${titleOf(call)}: its specification names no docker.image`, { permanent: true });
}

/**
 * The create options of a container for the engine's API. `variables` is its whole environment
 * beside that of its image.
 */
export function containerFor(
  call: ResourceCall,
  labels: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>>,
): ContainerCreateOptions {
  const spec = dockerSpecOf(call);
  return {
    name: containerName(call.key),
    Image: spec.image,
    ...(spec.command === undefined ? {} : { Cmd: [...spec.command] }),
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    Labels: { ...ownLabels(call), ...labels },
    HostConfig: {
      ...(spec.network === undefined ? {} : { NetworkMode: spec.network }),
      ...(spec.memory === undefined ? {} : { Memory: bytesOf(call, spec.memory) }),
      ...(spec.cpus === undefined ? {} : { NanoCpus: Math.round(spec.cpus * 1e9) }),
    },
  };
}

/**
 * A container that only keeps the name. It never starts; its command explains it to people who list
 * containers.
 */
export function tombstoneFor(
  call: ResourceCall,
  image: string,
  labels: Readonly<Record<string, string>>,
): ContainerCreateOptions {
  return {
    name: containerName(call.key),
    Image: image,
    Labels: { ...ownLabels(call), ...labels },
    Cmd: ['drover: destroyed, its name stays taken for a week'],
  };
}

function ownLabels({ key, fleet, agent }: ResourceCall): Record<string, string> {
  return { [LABELS.key]: key, [LABELS.fleet]: fleet, [LABELS.agent]: agent };
}

const UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;

/** A size such as `512m` in bytes, read as the docker command does. */
function bytesOf(call: ResourceCall, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text) ?? [];
  if (number !== undefined) return Math.round(Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS]);
  throw providerError(`${titleOf(call)}: docker.memory ${JSON.stringify(text)} is not a size such as 512m`, {
    permanent: true,
  });
}
