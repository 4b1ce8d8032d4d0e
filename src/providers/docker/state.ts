/** Translates the engine's description of a container into a resource state. */
import type Docker from 'dockerode';
import type { ResourceState } from '../../contract/activities';
import { endingText } from '../../contract/failure/cause';
import { boundedTail, boundedText, QUOTE_BYTES } from '../../contract/text';
import { ABSENT } from '../provider';
import { LABELS } from './container';

/** A container as the engine describes it. */
export type Found = Docker.ContainerInspectInfo;

/** A label; undefined if it is not set. */
export function labelOf(found: Found | undefined, label: string): string | undefined {
  return found?.Config.Labels[label];
}

/** The value of an environment variable of the container; empty if it is not set. */
export function variableOf(found: Found | undefined, name: string | undefined): string {
  if (name === undefined) return '';
  const line = found?.Config.Env.find((variable) => variable.startsWith(`${name}=`));
  return line?.slice(name.length + 1) ?? '';
}

/** True for a container that only keeps the name of a destroyed one. */
export function isTombstone(found: Found | undefined): boolean {
  return labelOf(found, LABELS.destroyed) !== undefined;
}

/** True while it has processes, paused or not. */
export function isUp({ State: state }: Found): boolean {
  return state.Running || state.Paused;
}

/** True if it was made and has never run. */
export function isNew({ State: state }: Found): boolean {
  return ['created', 'configured', 'initialized'].includes(state.Status);
}

/** The process id on the engine's machine; null if it does not run. */
export function pidOf(found: Found): number | null {
  return isUp(found) && found.State.Pid > 0 ? found.State.Pid : null;
}

/** The state. `lines` returns the last lines of the log, for a container that has ended. */
export async function stateOf(found: Found | undefined, lines: () => Promise<string>): Promise<ResourceState> {
  if (!found || isTombstone(found)) return ABSENT;
  if (isNew(found)) return { ...ABSENT, state: 'stopped', detail: boundedText(found.State.Error, QUOTE_BYTES) || null };
  if (isUp(found)) return { ...ABSENT, state: found.State.Paused ? 'paused' : 'running', pid: pidOf(found) };
  const { ExitCode: exitCode, OOMKilled: outOfMemory } = found.State;
  const how = `exited with code ${String(exitCode)}${outOfMemory ? ' (out of memory)' : ''}`;
  const last = await lines();
  return { state: 'exited', exitCode, pid: null, detail: endingText(how, last), log: boundedTail(last) };
}
