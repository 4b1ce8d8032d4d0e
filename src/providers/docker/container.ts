/** How an agent becomes a container: its name, its labels, its limits. */
import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import type { ResourceCall } from '../../contract/activities';
import type { DockerSpec } from '../../contract/agent';
import { providerError, titleOf } from '../provider';

/** Labels of everything that Drover makes; whose it is can be read without Drover. */
export const LABELS = {
  installation: 'drover.installation',
  key: 'drover.key',
  fleet: 'drover.fleet',
  agent: 'drover.agent',
  /** When create was called: a container is made anew at each start, its resource is not. */
  createdAt: 'drover.created-at',
  /** Which start it is; empty before the first. */
  instance: 'drover.instance',
  /** Starts of before, newest first, so that a wake of one of them that comes late is known as such. */
  former: 'drover.former-instances',
  /** There on a tombstone only: whether anything was destroyed. */
  destroyed: 'drover.destroyed',
} as const;

/** The name, the same for the same key, and taken by one container at a time: the engine itself refuses a second. */
export function containerName(key: string): string {
  return `drover-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

/** The `docker` part of a call's specification. */
export function dockerSpecOf(call: Pick<ResourceCall, 'spec' | 'fleet' | 'agent'>): DockerSpec {
  const { docker } = call.spec;
  if (docker?.image) return docker;
  throw providerError(`${titleOf(call)}: its specification names no docker.image`, { permanent: true });
}

/** A container as the engine's API wants it. */
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
    Env: Object.entries({ ...spec.env, ...variables }).map(([name, value]) => `${name}=${value}`),
    Labels: { ...ownLabels(call), ...labels },
    HostConfig: {
      ...(spec.network === undefined ? {} : { NetworkMode: spec.network }),
      ...(spec.memory === undefined ? {} : { Memory: bytesOf(call, spec.memory) }),
      ...(spec.cpus === undefined ? {} : { NanoCpus: Math.round(spec.cpus * 1e9) }),
    },
  };
}

/** A container that only keeps the name. It is never started; its command says what it is to whoever lists containers. */
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

/** `512m` in bytes, the way the docker command reads it. */
function bytesOf(call: ResourceCall, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text) ?? [];
  if (number !== undefined) return Math.round(Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS]);
  throw providerError(`${titleOf(call)}: docker.memory ${JSON.stringify(text)} is not a size such as 512m`, {
    permanent: true,
  });
}
