/** The providers of a worker. */
import { type DockerProviderOptions, DockerProvider } from './docker';
import { type ExternalProviderOptions, ExternalProvider } from './external';
import { type ProcessProviderOptions, ProcessProvider } from './process';
import type { Providers } from './provider';

/** What providers work with: where agents find the gateway, whose resources these are, where files are, and the worker's environment. */
export interface ProviderSettings extends ProcessProviderOptions, DockerProviderOptions, ExternalProviderOptions {}

/** Every provider that this worker offers. None of them touches its outside world before it is asked to. */
export function createProviders(settings: ProviderSettings): Providers {
  return {
    process: new ProcessProvider(settings),
    docker: new DockerProvider(settings),
    external: new ExternalProvider(settings),
  };
}
