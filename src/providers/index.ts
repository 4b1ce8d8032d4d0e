/** The providers of a worker. */
import { type DockerProviderOptions, DockerProvider } from './docker';
import { type ExternalProviderOptions, ExternalProvider } from './external';
import { type ProcessProviderOptions, ProcessProvider } from './process';
import type { Providers } from './provider';

/**
 * Settings of all providers: the gateway, the installation, the state directory and the worker's
 * environment.
 */
export interface ProviderSettings extends ProcessProviderOptions, DockerProviderOptions, ExternalProviderOptions {}

/**
 * Creates every provider of a worker. None of them calls the outside before its first operation.
 */
export function createProviders(settings: ProviderSettings): Providers {
  return {
    process: new ProcessProvider(settings),
    docker: new DockerProvider(settings),
    external: new ExternalProvider(settings),
  };
}
