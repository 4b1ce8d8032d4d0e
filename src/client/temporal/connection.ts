/**
 * Connects as the `temporal` CLI does: address, namespace, profile, TLS and API key come from
 * flags, environment and its file.
 */
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';

/**
 * Settings of the connection. Missing ones come from the profile, then from Temporal's defaults.
 */
export interface ConnectionSettings {
  /** `host:port`. */
  readonly address?: string;
  readonly namespace?: string;
  /** A profile of Temporal's configuration file; `default` unless given. */
  readonly profile?: string;
  readonly apiKey?: string;
  /** TLS without further settings; certificates come from the profile or the environment. */
  readonly tls?: boolean;
  /** Ignores profile and environment. For the server of `drover up`. */
  readonly bare?: boolean;
  /**
   * Variables to read instead of the process's own (`TEMPORAL_ADDRESS`,
   * `TEMPORAL_TLS_CLIENT_CERT_PATH` …).
   */
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolved settings of a connection, for client and worker. */
export type ConnectConfig = ReturnType<typeof loadClientConnectConfig>;

/** The default namespace of every Temporal server. */
export const DEFAULT_NAMESPACE = 'default';

/**
 * Attempts of gRPC after a transport error, 3 s in all: a command must not hang before it says that
 * no server answers.
 */
const TRANSPORT_ATTEMPTS = 6;

/** Settings with the profile and the environment filled in. */
export function resolveConnection(settings: ConnectionSettings): ConnectConfig {
  const { connectionOptions, namespace } = profileOf(settings);
  return {
    namespace: settings.namespace ?? namespace ?? DEFAULT_NAMESPACE,
    connectionOptions: {
      ...connectionOptions,
      ...(settings.address === undefined ? {} : { address: settings.address }),
      ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey, tls: connectionOptions.tls ?? true }),
      ...(settings.tls === undefined ? {} : { tls: settings.tls && (connectionOptions.tls || true) }),
    },
  };
}

function profileOf({ profile, env, bare }: ConnectionSettings): ConnectConfig {
  if (bare) return { connectionOptions: {} };
  try {
    return loadClientConnectConfig({
      ...(profile === undefined ? {} : { profile }),
      ...(env === undefined ? {} : { overrideEnvVars: { ...env } }),
    });
  } catch (error) {
    throw new DroverError(
      'InvalidRequest',
      `Temporal's connection profile cannot be used: ${messageOf(error)}`,
      undefined,
      {
        cause: error,
      },
    );
  }
}

/**
 * A client that connects at its first use. gRPC does not retry updates: update-queue.ts does, as it
 * knows the caller's deadline.
 */
export function openClient(settings: ConnectionSettings): Client {
  const { connectionOptions, namespace = DEFAULT_NAMESPACE } = resolveConnection(settings);
  const { address, apiKey, tls, metadata } = connectionOptions;
  const retry = defaultGrpcRetryOptions({ maxAttempts: TRANSPORT_ATTEMPTS });
  const repeat = makeGrpcRetryInterceptor(retry);
  const once = makeGrpcRetryInterceptor({ ...retry, retryableDecider: () => false });
  const connection = Connection.lazy({
    ...(address === undefined ? {} : { address }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(tls === undefined ? {} : { tls }),
    ...(metadata === undefined ? {} : { metadata }),
    interceptors: [
      (options, nextCall) => (isUpdate(options.method_definition.path) ? once : repeat)(options, untilClosed(nextCall)),
    ],
  });
  return new Client({ connection, namespace });
}

/**
 * Wraps the next call of an interceptor for the first try and each retry. The SDK retries from a
 * timer, where a closed connection throws and no caller can catch it. No caller waits by then, so
 * such a retry does nothing.
 */
export function untilClosed<Options, Call extends object>(
  nextCall: (options: Options) => Call,
): (options: Options) => Call {
  let isRepeat = false;
  return (options) => {
    if (!isRepeat) {
      isRepeat = true;
      return nextCall(options);
    }
    try {
      return nextCall(options);
    } catch (error) {
      if (error instanceof Error && error.message === CLOSED) return inert<Call>();
      throw error;
    }
  };
}

/** gRPC's message for a call over a closed channel. */
const CLOSED = 'Channel has been shut down';

/** A call that does nothing. */
function inert<Call extends object>(): Call {
  const nothing: Partial<Call> = {};
  return new Proxy(nothing, { get: () => () => undefined }) as Call;
}

function isUpdate(path: string): boolean {
  return path.endsWith('/UpdateWorkflowExecution') || path.endsWith('/ExecuteMultiOperation');
}
