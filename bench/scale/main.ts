/**
 * `npm run scale -- --agents N [--idle-minutes 10] [--seconds 10] [--engine embedded|postgres]`: N agents over two workers and two gateways.
 * Prints what each step took and cost, what failed, and memory and processor time of each process.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { added, type Counts, count, idleCost } from './counting';
import { openSite, type Site } from './site';
import { type ScaleStep, stepsOf } from './steps';
import { type Used, usageOf, usageText } from './usage';

const HEAD = ['step', 'seconds', 'events', 'transitions', 'failed tasks', 'errors', 'what', 'memory, CPU'];

async function main(root: string, given: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...given],
    options: {
      agents: { type: 'string', default: '100' },
      'idle-minutes': { type: 'string', default: '10' },
      seconds: { type: 'string', default: '10' },
      /** Of an engine that runs; an embedded server is started without it. */
      address: { type: 'string' },
      /** Processes of that engine to look at: NAME=PID. */
      process: { type: 'string', multiple: true, default: [] },
    },
  });
  const [agents, minutes, seconds] = [values.agents, values['idle-minutes'], values.seconds].map(Number);
  if (!agents || minutes === undefined || seconds === undefined || Number.isNaN(minutes + seconds))
    throw new Error('use --agents N, --idle-minutes N and --seconds N with numbers');
  const named = values.process.map((text) => text.split('='));
  const engine =
    values.address === undefined
      ? null
      : {
          address: values.address,
          pids: Object.fromEntries(named.map(([name = '', pid]) => [name, Number(pid)])),
        };
  const site = await openSite(root, agents, engine);
  try {
    await play(site, stepsOf({ ...site, minutes, seconds, progress }), agents);
  } finally {
    await site.stop();
  }
}

/** Plays the steps, and prints the table even where one fails. */
async function play(site: Site, steps: readonly ScaleStep[], agents: number): Promise<void> {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } });
  const { callers, temporal } = site;
  let before: Counts = await count(temporal, site.metrics());
  let used: ReadonlyMap<string, Used> = usageOf(site.pids());
  try {
    for (const step of steps) {
      const { name, isIdle = false } = step;
      progress(`${name} …`);
      const [began, errors] = [performance.now(), callers.errors.length];
      const found = await step.act();
      const took = ((performance.now() - began) / 1_000).toFixed(1);
      const nowUsed = usageOf(site.pids());
      const now = await count(temporal, site.metrics());
      const cost = added(before, now);
      const what = isIdle ? `${found}; ${idleCost(before, now, agents)}` : found;
      const failed = callers.errors.length - errors;
      progress(`${name}: ${took} s, ${String(cost.transitions)} transitions, ${String(failed)} errors; ${what}`);
      const usage = usageText(nowUsed, used);
      table.push([
        name,
        took,
        cost.events,
        transitionsByType(before, now),
        now.failedTasks,
        failed,
        wrapped(what),
        usage,
      ]);
      // What the count itself takes of the processes belongs to no step.
      [before, used] = [now, usageOf(site.pids())];
    }
  } finally {
    process.stdout.write(`${String(agents)} agents\n${table.toString()}\n`);
    for (const [error, times] of byKind(callers.errors)) process.stdout.write(`${String(times)} times: ${error}\n`);
  }
}

/** Transitions of all workflows, and of each type. */
function transitionsByType(before: Counts, now: Counts): string {
  const parts = [...now.byType.keys()].map((type) => [type, added(before, now, type).transitions] as const);
  const shown = parts.filter(([, transitions]) => transitions !== 0).map(([type, many]) => `${type} ${String(many)}`);
  return [String(added(before, now).transitions), ...shown].join('\n');
}

/** How often each error came, with the names of agents left out. */
function byKind(errors: readonly string[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, number>();
  for (const error of errors) {
    const kind = error.replaceAll(/scale-\d+\/a\d+/g, '…').replaceAll(/"a\d+"/g, '"…"');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

/** So that the table stays narrow. */
function wrapped(text: string): string {
  return text.replaceAll(/(; |, )/g, '$1\n');
}

function progress(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

const [root = process.cwd(), ...given] = process.argv.slice(2);
main(root, given).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
