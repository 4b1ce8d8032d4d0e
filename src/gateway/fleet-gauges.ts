/** Gauges of all fleets, counted at a scrape and kept for some seconds. */
import { Gauge, type Registry } from 'prom-client';
import type { FastifyBaseLogger } from 'fastify';
import type { Counts } from '../client/counts';
import { GATEWAY_METRICS } from '../contract/metrics';
import { DroverError } from '../contract/errors';
import { monotonicMs } from '../lib/clock';

/** How long a count is good: several scrapers, and one that scrapes often, cost no more than one. */
const KEPT_MS = 10_000;

/** Where the counts come from, and the clock; tests replace it. */
export interface GaugeSource {
  readonly count: () => Promise<Counts>;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
  readonly now?: () => number;
}

/**
 * Registers the gauges. While Temporal does not answer, `drover_temporal_up` is 0 and the others
 * have no value: an old number would look like a present one.
 */
export function registerFleetGauges(registry: Registry, { count, log, now = monotonicMs }: GaugeSource): void {
  let kept: { readonly counts: Promise<Counts | null>; readonly until: number } | null = null;
  const counts = (): Promise<Counts | null> => {
    if (kept !== null && now() < kept.until) return kept.counts;
    const asked = count().catch((error: unknown) => {
      if (!(error instanceof DroverError)) throw error;
      log.warn({ error: error.message }, 'the fleets could not be counted for /metrics');
      return null;
    });
    kept = { counts: asked, until: now() + KEPT_MS };
    return asked;
  };
  const gauge = (
    { name, help, labels }: (typeof GATEWAY_METRICS)[keyof typeof GATEWAY_METRICS],
    show: (gauge: Gauge, counted: Counts | null) => void,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      async collect() {
        // A gauge without labels has a value after a reset, too.
        if (labels.length > 0) this.reset();
        else this.remove();
        show(this, await counts());
      },
    });
  };
  const ifCounted = (show: (gauge: Gauge, counted: Counts) => void) => (shown: Gauge, counted: Counts | null) => {
    if (counted !== null) show(shown, counted);
  };
  gauge(GATEWAY_METRICS.temporalUp, (shown, counted) => shown.set(counted === null ? 0 : 1));
  gauge(
    GATEWAY_METRICS.agents,
    ifCounted((shown, { agents }) => {
      for (const { count: number, ...labels } of agents) shown.set(labels, number);
    }),
  );
  gauge(
    GATEWAY_METRICS.runs,
    ifCounted((shown, { runs }) => {
      for (const { count: number, ...labels } of runs) shown.set(labels, number);
    }),
  );
  gauge(
    GATEWAY_METRICS.fleets,
    ifCounted((shown, { fleets }) => shown.set(fleets)),
  );
  gauge(
    GATEWAY_METRICS.waiting,
    ifCounted((shown, { waiting }) => shown.set(waiting)),
  );
  gauge(
    GATEWAY_METRICS.changes,
    ifCounted((shown, { changes }) => shown.set(changes)),
  );
}
