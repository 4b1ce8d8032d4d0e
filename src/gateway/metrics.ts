/** Metrics for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DroverError } from '../contract/errors';

/**
 * The metrics of one gateway. One instance each, so that several gateways in one process do not
 * mix.
 */
export class Metrics {
  /** Where gauges are added. */
  readonly registry = new Registry();
  readonly #beats = this.#counter('drover_beats_received_total', 'Beats that agents sent to this gateway');
  readonly #forwarded = this.#counter(
    'drover_beats_forwarded_total',
    'Beats that were forwarded to the agents’ workflows',
  );
  readonly #commands = new Counter({
    name: 'drover_commands_total',
    help: 'Commands to agents by outcome: accepted, or the code of the refusal',
    labelNames: ['command', 'outcome'],
    registers: [this.registry],
  });
  readonly #requests = new Histogram({
    name: 'drover_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });

  /** Counts a received beat. */
  received(): void {
    this.#beats.inc();
  }

  /** Counts a beat that was sent on as a signal. */
  forwarded(): void {
    this.#forwarded.inc();
  }

  /**
   * Counts a command. Refused updates leave no trace in a history, so this is their only record.
   */
  command(command: string, outcome: unknown): void {
    this.#commands.inc({ command, outcome: outcome instanceof DroverError ? outcome.code : 'accepted' });
  }

  /**
   * Records an answered request. `route` is the pattern: with the path there would be a series per
   * agent.
   */
  request(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Adds a gauge that is read at each scrape. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** A counter that something else keeps. */
  counted(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  /** All metrics in Prometheus's text format. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.registry.contentType, body: await this.registry.metrics() };
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }
}
