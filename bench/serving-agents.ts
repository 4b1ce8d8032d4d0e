/**
 * Agents of a bench in a process of their own: `node serving-agents.js push|pull ENVIRONMENTS`, where
 * ENVIRONMENTS is a JSON array of the `DROVER_` variables of each. The first one fans out to the
 * others as often as its task says; they answer at once.
 */
import { final, invoke, serveAgent } from '../src/agent';
import type { Environment } from '../src/agent';

async function main([mode, environments = '[]']: readonly string[]): Promise<void> {
  const all = JSON.parse(environments) as readonly Environment[];
  const workers = all.slice(1).map((variables) => variables['DROVER_AGENT'] ?? '');
  await Promise.all(
    all.map((environment) =>
      serveAgent({
        environment,
        pull: mode === 'pull',
        log: false,
        signals: false,
        onTurn: ({ input }) =>
          input.kind === 'task'
            ? invoke(
                Array.from({ length: Number(input.value) }, (_, index) => ({
                  agent: workers[index % workers.length] ?? '',
                  request: 'work',
                })),
              )
            : final('done'),
      }),
    ),
  );
  process.send?.('ready');
}

void main(process.argv.slice(2));
