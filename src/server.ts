/** Composition root of the gateway: settings -> client -> HTTP server. */
import { join } from 'node:path';
import { DroverClient } from './client';
import { type ConnectionSettings, DEFAULT_NAMESPACE, resolveConnection } from './client/temporal/connection';
import { openAuditFile, readAuditFile } from './audit-file';
import type { Settings } from './config';
import { approveReferences } from './dev/approved-references';
import { DroverError } from './contract/errors';
import { TOKENS_FILE } from './dev/state-dir';
import { createGateway } from './gateway';
import { hostnameOf } from './gateway/access/origins';
import { followTokensFile } from './gateway/access/tokens-file';
import type { Logger } from './log';
import { useSecrets } from './providers/secrets-in-use';
import { packageVersion } from './version';

/** The parts of a gateway. */
export interface GatewayParts {
  readonly settings: Settings;
  readonly connection: ConnectionSettings;
  readonly log: Logger;
  /** The address of Temporal's Web UI, if it is known without a setting. */
  readonly webUi?: string | null;
  /** The directory of Temporal's database, if the server runs on this machine. */
  readonly databaseDir?: string;
}

/** A running gateway. */
export interface RunningGateway {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts the gateway; resolves when it listens. */
export async function startGateway({
  settings,
  connection,
  log,
  databaseDir,
  webUi = null,
}: GatewayParts): Promise<RunningGateway> {
  const { gateway, operatorTokens, agentSecret, specSecrets, agentCallsPerMinute, queuePrefix } = settings;
  useSecrets([agentSecret, ...operatorTokens, ...(specSecrets ?? [])]);
  const client = DroverClient.connect({
    ...connection,
    queuePrefix,
    specSecrets,
    approveReferences: (references) => {
      approveReferences(settings.stateDir, references);
    },
  });
  const tokensPath = settings.tokensFile ?? join(settings.stateDir, TOKENS_FILE);
  const tokens = followTokensFile(tokensPath, { notice: (sentence) => log.warn(sentence) });
  const app = await createGateway({
    client,
    operatorTokens,
    namedTokens: tokens.tokens,
    names: [gateway.host, hostnameOf(gateway.url), hostnameOf(gateway.selfUrl), ...(settings.gatewayNames ?? [])],
    isSecure: gateway.url.startsWith('https:'),
    agentSecret,
    selfUrl: gateway.selfUrl,
    temporalUi: workflowsIn(settings.temporalUi ?? webUi, connection),
    agentCallsPerMinute,
    logger: log,
    audit: openAuditFile(settings.stateDir, (why) => log.error(why)),
    readAudit: (filter) => readAuditFile(settings.stateDir, filter),
    databaseDir,
    version: packageVersion(),
    leases: true,
  });
  try {
    await app.listen({ host: gateway.host, port: gateway.port });
  } catch (error) {
    tokens.stop();
    await client.close();
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!taken) throw error;
    throw new DroverError(
      'Unavailable',
      `port ${String(gateway.port)} (the gateway) is taken by another program; end that program, or set DROVER_GATEWAY_PORT`,
      undefined,
      {
        cause: error,
      },
    );
  }
  const stop = async () => {
    tokens.stop();
    await app.close();
    await client.close();
  };
  return { url: gateway.url, stop };
}

/** The page of Temporal's Web UI below which each workflow has its own; null without a UI. */
function workflowsIn(ui: string | null, connection: ConnectionSettings): string | null {
  if (ui === null) return null;
  const { namespace = DEFAULT_NAMESPACE } = resolveConnection(connection);
  return `${ui.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}
