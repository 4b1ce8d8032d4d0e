/** The configuration of Temporal's server over PostgreSQL, as JSON, which is YAML too. */

/** As a small installation has it, and as the server's own example does. It can never be changed for a database. */
const SHARDS = 4;
const SERVICES = ['frontend', 'history', 'matching', 'worker'];
/** The names of the two databases. */
export const DATABASES = { store: 'temporal', visibility: 'temporal_visibility' };
/** How many ports the server needs. */
export const PORTS = SERVICES.length * 2;

/** The configuration; the first of `ports` is that of gRPC for clients. */
export function serverSettings({ ports, postgres, user, dynamicFile }) {
  const services = SERVICES.map((name, index) => {
    const [grpcPort, membershipPort] = ports.slice(index * 2);
    return [name, { rpc: { grpcPort, membershipPort, bindOnLocalHost: true } }];
  });
  const frontend = `127.0.0.1:${ports[0]}`;
  const sql = (databaseName, maxConns) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgres}`,
      connectProtocol: 'tcp',
      user,
      password: '',
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'store',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      datastores: { store: sql(DATABASES.store, 20), visibility: sql(DATABASES.visibility, 10) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(services),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: frontend },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: frontend },
    dynamicConfigClient: { filepath: dynamicFile, pollInterval: '60s' },
  };
}

/** Settings at run time, as docs/production.md advises them. */
export const DYNAMIC = {
  // A worker gets its own activity with the answer to the workflow task: one round trip less for every provider call.
  'system.enableActivityEagerExecution': [{ value: true }],
  // Lists report a failing workflow task after two failures in a row, some ten seconds, instead of five.
  'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute': [{ value: 2 }],
};
