/** Runs of the crash matrix, a few at a time, each in a folder of its own; and their table. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { crash, type Outcome, type Site } from './crash';
import { type Point, title } from './points';

/** Makes the site of one run. */
export type MakeSite = (folder: string, name: string) => Promise<Site>;

/** Runs every point, `atOnce` at a time: they wait for timeouts most of their time. A run that breaks down is a problem, too. */
export async function crashAll(
  folder: string,
  points: readonly Point[],
  atOnce: number,
  siteOf: MakeSite,
): Promise<Outcome[]> {
  const waiting = [...points.entries()];
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, point] = next;
      outcomes[index] = await one(folder, point, siteOf);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

async function one(root: string, point: Point, siteOf: MakeSite): Promise<Outcome> {
  const name = `crash-${randomUUID().slice(0, 8)}`;
  const folder = join(root, name);
  mkdirSync(folder);
  const broken = (error: unknown): string => `${name}: ${error instanceof Error ? error.message : String(error)}`;
  let site: Site | undefined;
  let outcome: Outcome = { point, state: 'running', held: NaN, seconds: NaN, problems: [] };
  try {
    site = await siteOf(folder, name);
    outcome = await crash(site, name, point);
  } catch (error) {
    outcome = { ...outcome, problems: [broken(error)] };
  }
  try {
    if (site) await leaveNothing(site);
  } catch (error) {
    outcome = { ...outcome, problems: [...outcome.problems, broken(error)] };
  }
  return outcome;
}

/** After a run that went wrong its agents would beat on for ever. */
async function leaveNothing(site: Site): Promise<void> {
  const { provider, client } = site;
  for (const held of await provider.list()) {
    const spec = site.agent(held.agent, 'right');
    await provider.destroy({ ...held, provider: provider.kind, spec });
  }
  await client.close();
}

/** One line for each run. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const table = new Table({ head: ['point', 'what', 'change', 'held', 's', ''], style: { head: [], border: [] } });
  for (const { point, state, held, seconds, problems } of outcomes) {
    const how = point.how === 'kill' ? 'kill -9' : 'terminate';
    const verdict = problems.length === 0 ? 'ok' : problems.join('\n');
    table.push([title(point), how, state, String(held), seconds.toFixed(1), verdict]);
  }
  return table.toString();
}
