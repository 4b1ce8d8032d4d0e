/** The providers of this place, for the worker and for the commands that look at what it holds. */
import type { Environment, Settings } from './config';
import { createProviders } from './providers';
import type { Providers } from './providers/provider';

/** Every provider, with the settings of this place and the environment of this process. */
export function installedProviders(settings: Settings, environment: Environment): Providers {
  const { gateway, agentSecret, stateDir, installation, allowedHosts } = settings;
  return createProviders({
    gatewayUrl: gateway.url,
    agentSecret,
    stateDir,
    installation,
    environment,
    allowedHosts,
  });
}
