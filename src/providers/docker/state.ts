/** What the engine says of a container, in the words of the port. */
import type Docker from 'dockerode';
import type { ResourceState } from '../../contract/activities';
import { boundedText, QUOTE_BYTES } from '../../contract/text';
import { ABSENT } from '../provider';
import { LABELS } from './container';

/** A container as the engine describes it. */
export type Found = Docker.ContainerInspectInfo;

/** A label; undefined where it is not there. */
export function labelOf(found: Found | undefined, label: string): string | undefined {
  return found?.Config.Labels[label];
}

/** The value of an environment variable that it was made with; empty where there is none. */
export function variableOf(found: Found | undefined, name: string | undefined): string {
  if (name === undefined) return '';
  const line = found?.Config.Env.find((variable) => variable.startsWith(`${name}=`));
  return line?.slice(name.length + 1) ?? '';
}

/** Whether it only keeps the name of what was destroyed. */
export function isTombstone(found: Found | undefined): boolean {
  return labelOf(found, LABELS.destroyed) !== undefined;
}

/** Whether it has processes, paused ones included. */
export function isUp({ State: state }: Found): boolean {
  return state.Running || state.Paused;
}

/** Whether it was made and has never run. */
export function isNew({ State: state }: Found): boolean {
  return ['created', 'configured', 'initialized'].includes(state.Status);
}

/** The process id on the engine's machine, while it has one. */
export function pidOf(found: Found): number | null {
  return isUp(found) && found.State.Pid > 0 ? found.State.Pid : null;
}

/** The state; `lines` are the last ones of its log, for one that has ended. */
export async function stateOf(found: Found | undefined, lines: () => Promise<string>): Promise<ResourceState> {
  if (!found || isTombstone(found)) return ABSENT;
  if (isNew(found)) return { ...ABSENT, state: 'stopped', detail: boundedText(found.State.Error, QUOTE_BYTES) || null };
  if (isUp(found)) return { ...ABSENT, state: found.State.Paused ? 'paused' : 'running', pid: pidOf(found) };
  const { ExitCode: exitCode, OOMKilled: outOfMemory } = found.State;
  const how = `exited with code ${String(exitCode)}${outOfMemory ? ' (out of memory)' : ''}`;
  const last = await lines();
  return { state: 'exited', exitCode, pid: null, detail: last === '' ? how : `${how}; its last lines:\n${last}` };
}
