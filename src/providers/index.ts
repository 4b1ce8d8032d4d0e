/** The providers of a worker. */
import type { AgentAccess } from './environment';
import { type ProcessProviderOptions, ProcessProvider } from './process';
import type { Providers } from './provider';

/** What providers work with: where agents find the gateway, whose resources these are, where files are, and the worker's environment. */
export interface ProviderSettings extends AgentAccess, ProcessProviderOptions {}

/** Every provider that this worker offers. */
export function createProviders(settings: ProviderSettings): Providers {
  return { process: new ProcessProvider(settings) };
}
