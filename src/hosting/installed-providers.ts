/** The providers of this installation, for the worker and for commands that inspect it. */
import type { Environment, Settings } from '../config';
import { createProviders } from '../providers';
import type { Providers } from '../providers/provider';

/** Creates every provider, with these settings and environment. */
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
