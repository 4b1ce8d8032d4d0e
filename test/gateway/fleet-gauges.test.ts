/** The gauges of all fleets: what they show, how often they count, and what they say while Temporal is away. */
import { Registry } from 'prom-client';
import type { Counts } from '../../src/client/counts';
import type { Usage } from '../../src/contract/usage';
import { DroverError } from '../../src/contract/errors';
import { registerFleetGauges } from '../../src/gateway/fleet-gauges';

const COUNTS: Counts = {
  agents: [
    { status: 'running', liveness: 'ready', count: 7 },
    { status: 'failed', liveness: 'offline', count: 0 },
  ],
  fleets: 2,
  runs: [{ state: 'completed', count: 3 }],
  changes: 1,
  waiting: 4,
};

const USAGE: Usage = { turns: 3, costUsd: 0.75, inputTokens: 40, outputTokens: 9 };

/** Gauges over a source that a test can break, and a clock that it moves. */
function gauges(): {
  readonly scrape: () => Promise<string>;
  readonly asked: () => number;
  readonly warned: () => number;
  readonly summed: () => number;
  readonly set: (source: () => Promise<Counts>) => void;
  readonly pass: (ms: number) => void;
} {
  const registry = new Registry();
  let now = 1_000;
  let asked = 0;
  let warned = 0;
  let summed = 0;
  let source = (): Promise<Counts> => Promise.resolve(COUNTS);
  const count = (): Promise<Counts> => {
    asked += 1;
    return source();
  };
  const usage = async (): Promise<Usage | undefined> => {
    summed += 1;
    await source();
    return USAGE;
  };
  registerFleetGauges(registry, { count, usage, log: { warn: () => void (warned += 1) }, now: () => now });
  return {
    scrape: () => registry.metrics(),
    asked: () => asked,
    summed: () => summed,
    warned: () => warned,
    set: (next) => void (source = next),
    pass: (ms) => void (now += ms),
  };
}

it('shows each count with its labels', async () => {
  const text = await gauges().scrape();
  for (const line of [
    'drover_temporal_up 1',
    'drover_agents{status="running",liveness="ready"} 7',
    'drover_agents{status="failed",liveness="offline"} 0',
    'drover_runs{state="completed"} 3',
    'drover_fleets 2',
    'drover_changes_running 1',
    'drover_runs_waiting 4',
    'drover_usage_dollars 0.75',
    'drover_usage_tokens{direction="input"} 40',
    'drover_usage_tokens{direction="output"} 9',
  ])
    expect(text.split('\n')).toContain(line);
});

it('counts once for all gauges, all scrapers and ten seconds', async () => {
  const { scrape, asked, pass } = gauges();
  await Promise.all([scrape(), scrape()]);
  pass(9_999);
  await scrape();
  expect(asked()).toBe(1);
  pass(1);
  await scrape();
  expect(asked()).toBe(2);
});

it('sums usage once a minute, because that reads a line of every agent', async () => {
  const { scrape, summed, pass } = gauges();
  await Promise.all([scrape(), scrape()]);
  pass(59_999);
  await scrape();
  expect(summed()).toBe(1);
  pass(1);
  await scrape();
  expect(summed()).toBe(2);
});

it('has no old numbers while Temporal is away, and new ones afterwards', async () => {
  const { scrape, set, pass, warned } = gauges();
  await scrape();
  pass(60_000);
  set(() => Promise.reject(new DroverError('Unavailable', 'no Temporal server answers')));
  const away = await scrape();
  expect(away.split('\n').filter((line) => line.startsWith('drover_'))).toEqual(['drover_temporal_up 0']);
  expect(warned()).toBe(2);
  pass(10_000);
  set(() => Promise.resolve({ ...COUNTS, agents: [{ status: 'paused', liveness: 'ready', count: 1 }] }));
  const back = await scrape();
  expect(back).toContain('drover_temporal_up 1');
  expect(back.match(/^drover_agents\{.*$/gm)).toEqual(['drover_agents{status="paused",liveness="ready"} 1']);
});
