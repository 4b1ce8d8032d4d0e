/** Gauges of all fleets, counted at a scrape and kept for a while. */
import { Gauge, type Registry } from 'prom-client';
import type { FastifyBaseLogger } from 'fastify';
import type { Counts } from '../client/counts';
import type { Usage } from '../contract/usage';
import { GATEWAY_METRICS, type MetricInfo } from '../contract/metrics';
import { DroverError } from '../contract/errors';
import { monotonicMs } from '../lib/clock';

/** How long a count is good: several scrapers, and one that scrapes often, cost no more than one. */
const KEPT_MS = 10_000;
/** How long the sum of usage is good: it reads a line of every agent. */
const USAGE_KEPT_MS = 60_000;

/** Where the counts come from, and the clock; tests replace it. */
export interface GaugeSource {
  readonly count: () => Promise<Counts>;
  readonly usage: () => Promise<Usage | undefined>;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
  readonly now?: () => number;
}

/**
 * Registers the gauges. While Temporal does not answer, `drover_temporal_up` is 0 and the others
 * have no value: an old number would look like a present one.
 */
export function registerFleetGauges(registry: Registry, source: GaugeSource): void {
  const counts = kept(source.count, KEPT_MS, source);
  const usage = kept(async () => (await source.usage()) ?? NOTHING, USAGE_KEPT_MS, source);
  const add = <T>(
    { name, help, labels }: MetricInfo,
    read: () => Promise<T | null>,
    show: (gauge: Gauge, found: T) => void,
    without?: (gauge: Gauge) => void,
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
        const found = await read();
        if (found === null) without?.(this);
        else show(this, found);
      },
    });
  };
  const { temporalUp, agents, runs, fleets, waiting, changes, costs, tokens } = GATEWAY_METRICS;
  add(
    temporalUp,
    counts,
    (shown) => shown.set(1),
    (shown) => shown.set(0),
  );
  add(agents, counts, (shown, counted) => {
    for (const { count, ...labels } of counted.agents) shown.set(labels, count);
  });
  add(runs, counts, (shown, counted) => {
    for (const { count, ...labels } of counted.runs) shown.set(labels, count);
  });
  add(fleets, counts, (shown, counted) => shown.set(counted.fleets));
  add(waiting, counts, (shown, counted) => shown.set(counted.waiting));
  add(changes, counts, (shown, counted) => shown.set(counted.changes));
  add(costs, usage, (shown, { costUsd }) => shown.set(costUsd));
  add(tokens, usage, (shown, { inputTokens, outputTokens }) => {
    shown.set({ direction: 'input' }, inputTokens);
    shown.set({ direction: 'output' }, outputTokens);
  });
}

const NOTHING: Usage = { turns: 0, costUsd: 0, inputTokens: 0, outputTokens: 0 };

/** Asks at most once in this time, for all that want to know; null while Temporal does not answer. */
function kept<T>(
  ask: () => Promise<T>,
  keptMs: number,
  { log, now = monotonicMs }: Pick<GaugeSource, 'log' | 'now'>,
): () => Promise<T | null> {
  let known: { readonly answer: Promise<T | null>; readonly until: number } | null = null;
  return () => {
    if (known !== null && now() < known.until) return known.answer;
    const answer = ask().catch((error: unknown) => {
      if (!(error instanceof DroverError)) throw error;
      log.warn({ error: error.message }, 'the fleets could not be counted for /metrics');
      return null;
    });
    known = { answer, until: now() + keptMs };
    return answer;
  };
}
