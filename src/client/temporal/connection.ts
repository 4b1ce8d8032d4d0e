/** Connecting like the `temporal` CLI: address, namespace, profile, TLS and API key, from flags, environment and its file. */
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DroverError } from '../../contract/errors';
import { messageOf } from '../../contract/text';

/** What may be said about the server; everything that is left out comes from the profile and then from Temporal's defaults. */
export interface ConnectionSettings {
  /** `host:port`. */
  readonly address?: string;
  readonly namespace?: string;
  /** A profile of Temporal's configuration file; `default` unless given. */
  readonly profile?: string;
  readonly apiKey?: string;
  /** TLS without further settings; certificates come from the profile or the environment. */
  readonly tls?: boolean;
  /** Nothing but what is given here: no profile, no environment. For the server of a `drover up`. */
  readonly bare?: boolean;
  /** Variables to read instead of the process's own (`TEMPORAL_ADDRESS`, `TEMPORAL_TLS_CLIENT_CERT_PATH` …). */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a connection is made with, by the client and by the worker alike. */
export type ConnectConfig = ReturnType<typeof loadClientConnectConfig>;

/** The default namespace of every Temporal server. */
export const DEFAULT_NAMESPACE = 'default';

/** Repeats of a transport error by gRPC, 3 s in all: a command line must not stand still before it says that nobody is there. */
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
 * A client that connects when it is first used. Updates are left out of gRPC's own repeats: they have their own (update-queue.ts),
 * which know the caller's deadline.
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
 * The next call of an interceptor, for the first try and for each repeat. The SDK makes repeats from a timer, and a connection that has
 * been closed by then throws there, where no caller can catch it. By then no caller waits either, so such a repeat begins nothing.
 */
function untilClosed<Options, Call extends object>(nextCall: (options: Options) => Call): (options: Options) => Call {
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

/** What gRPC says of a call over a channel that has been closed. */
const CLOSED = 'Channel has been shut down';

/** A call whose every method does nothing. */
function inert<Call extends object>(): Call {
  const nothing: Partial<Call> = {};
  return new Proxy(nothing, { get: () => () => undefined }) as Call;
}

function isUpdate(path: string): boolean {
  return path.endsWith('/UpdateWorkflowExecution') || path.endsWith('/ExecuteMultiOperation');
}
