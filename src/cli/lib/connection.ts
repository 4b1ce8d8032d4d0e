/**
 * Finds the server of a command: by flags and environment like the `temporal` CLI, else the `drover
 * up` of this directory.
 */
import type { Command } from 'commander';
import type { DroverClient } from '../../client';
import { explainedByDisk } from '../../client/temporal/full-disk';
import type { ConnectionSettings } from '../../client/temporal/connection';
import { environment } from '../../config';
import { DEFAULT_QUEUE_PREFIX } from '../../contract/names';
import { specSecretsIn } from '../../contract/agent/spec-secret';
import { approveReferences } from '../../dev/approved-references';
import { keptSpecSecrets } from '../../dev/state-dir';
import { readUpState } from '../../dev/up-state';
import { stateFolder } from './state-folder';

/** Flags of the connection, as commander gives them. */
export interface ConnectionFlags {
  readonly address?: string;
  readonly namespace?: string;
  readonly profile?: string;
  readonly tls?: boolean;
  readonly apiKey?: string;
}

/** Adds the flags of the connection to a command. */
export function withConnection(command: Command): Command {
  return command
    .option('--address <host:port>', "Temporal's address")
    .option('--namespace <name>', "Temporal's namespace")
    .option('--profile <name>', "profile of Temporal's configuration file")
    .option('--tls', 'connect with TLS; its certificates by TEMPORAL_TLS_* or the profile')
    .option('--api-key <key>', 'API key for Temporal');
}

/** The settings for this command's server. */
export function connectionSettings(flags: ConnectionFlags): ConnectionSettings {
  const env = environment();
  const { address, namespace, profile, tls, apiKey } = flags;
  const given = {
    env,
    ...(address === undefined ? {} : { address }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(profile === undefined ? {} : { profile }),
    ...(tls === undefined ? {} : { tls }),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
  const up = isNamed(flags) ? undefined : readUpState(stateFolder());
  return up ? { bare: true, namespace: namespace ?? up.namespace, address: up.temporal } : given;
}

/**
 * Whether flags or environment say which server is meant; else it is that of the `drover up` of
 * this directory, if one runs.
 */
function isNamed({ address, profile }: ConnectionFlags): boolean {
  const env = environment();
  return (address ?? profile ?? env['TEMPORAL_ADDRESS'] ?? env['TEMPORAL_PROFILE']) !== undefined;
}

/**
 * The secrets with which this command signs specifications: those of the setting, else those that a
 * `drover up` of this directory keeps. Undefined: it cannot.
 */
export function specSecrets(): readonly string[] | undefined {
  const given = environment()['DROVER_SPEC_SECRET'];
  return given === undefined ? keptSpecSecrets(stateFolder()) : specSecretsIn(given);
}

/**
 * Calls `use` with a client, then closes it. Temporal's client is loaded here, so that commands
 * without one stay fast.
 */
export async function withClient<T>(flags: ConnectionFlags, use: (client: DroverClient) => Promise<T>): Promise<T> {
  const { DroverClient } = await import('../../client/index.js');
  const queuePrefix = environment()['DROVER_QUEUE_PREFIX'] ?? DEFAULT_QUEUE_PREFIX;
  // The files of this directory are for the server of its own `drover up`.
  const signsBySetting = environment()['DROVER_SPEC_SECRET'] !== undefined;
  const secrets = signsBySetting || !isNamed(flags) ? specSecrets() : undefined;
  const client = DroverClient.connect({
    ...connectionSettings(flags),
    queuePrefix,
    specSecrets: secrets,
    approveReferences: (references) => {
      approveReferences(stateFolder(), references);
    },
  });
  try {
    return await use(client);
  } catch (error) {
    throw isNamed(flags) ? error : explainedByDisk(error, stateFolder());
  } finally {
    await client.close();
  }
}
