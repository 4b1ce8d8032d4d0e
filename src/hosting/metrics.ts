/** The metrics of a worker's process for Prometheus: those of Temporal's SDK, and Drover's on the same meter. */
import { Runtime, type RuntimeOptions } from '@temporalio/worker';
import { isIPv6 } from 'node:net';
import { DroverError } from '../contract/errors';
import { type MetricInfo, WORKER_METRICS } from '../contract/metrics';
import { messageOf } from '../contract/text';

/** Where to listen. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

type Exporter = NonNullable<NonNullable<RuntimeOptions['telemetryOptions']>['metrics']>;

/** The SDK takes an address and no name. */
const NAMES: Readonly<Record<string, string>> = { localhost: '127.0.0.1' };

/** The SDK's exporter, with the names and units that Prometheus recommends. */
export function exporterAt({ host, port }: MetricsAddress): Exporter {
  const address = NAMES[host] ?? host;
  const buckets = Object.values<MetricInfo>(WORKER_METRICS).flatMap(
    ({ name, buckets: bounds }): [string, number[]][] => (bounds === undefined ? [] : [[name, [...bounds]]]),
  );
  return {
    prometheus: {
      bindAddress: `${isIPv6(address) ? `[${address}]` : address}:${String(port)}`,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: Object.fromEntries(buckets),
    },
  };
}

/** Installs the SDK's runtime. `Unavailable` if it cannot listen for scrapes of its metrics. */
export function installWith(options: RuntimeOptions, metrics: MetricsAddress | undefined): void {
  try {
    Runtime.install(options);
  } catch (error) {
    if (metrics === undefined) throw error;
    const { host, port } = metrics;
    throw new DroverError(
      'Unavailable',
      `the metrics cannot be served at ${host}:${String(port)} (${messageOf(error)}); set DROVER_METRICS_HOST to an address of this machine and DROVER_METRICS_PORT to a free port`,
      undefined,
      { cause: error },
    );
  }
}
