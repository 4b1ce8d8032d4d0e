/**
 * The library of the Agent2Agent protocol. It is an optional dependency, and made of ES modules, so only
 * `drover adapt a2a` loads it.
 */
import type * as Sdk from '@a2a-js/sdk/client' with { 'resolution-mode': 'import' };
import { hasCode } from '../../lib/error-code';

export type { Client } from '@a2a-js/sdk/client' with { 'resolution-mode': 'import' };
export type { AgentCard, Artifact, Message, Part, StreamResponse, Task, TaskStatus } from '@a2a-js/sdk' with {
  'resolution-mode': 'import',
};

/** The library for clients. */
export type A2a = typeof Sdk;

/** Loads it. Rejects with how to install it where it is missing. */
export async function loadA2a(): Promise<A2a> {
  try {
    return await import('@a2a-js/sdk/client');
  } catch (error) {
    if (!hasCode(error, 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new Error('adapter.a2a needs the package @a2a-js/sdk; install it beside drover: npm install @a2a-js/sdk', {
      cause: error,
    });
  }
}

/** The states of a task, by the numbers that the library has for them. */
export const TASK_STATES = {
  submitted: 1,
  working: 2,
  completed: 3,
  failed: 4,
  canceled: 5,
  inputRequired: 6,
  rejected: 7,
  authRequired: 8,
} as const;

/** The role of a message that a client sends. */
export const ROLE_USER = 1;
