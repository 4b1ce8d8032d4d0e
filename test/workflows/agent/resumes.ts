/** A process of its own that sends resumes of one agent, all at once, when its parent says so. */
import { PATIENCE_MS } from '../../support/patience';
import { DroverClient, DroverError } from '../../../src/client';

/** How many were accepted, and how many refused or failed with which error. */
export type Outcomes = Readonly<Record<string, number>>;

/** Sends them and counts what comes of them. */
export async function resumeAtOnce(
  client: DroverClient,
  fleet: string,
  agent: string,
  count: number,
): Promise<Outcomes> {
  const outcomes: Record<string, number> = {};
  const one = async (): Promise<string> => {
    try {
      await client.agents.command({ fleet, agent }, 'resume', {}, { timeoutMs: PATIENCE_MS });
      return 'accepted';
    } catch (error) {
      return error instanceof DroverError && error.code !== 'Internal' ? error.code : String(error);
    }
  };
  for (const outcome of await Promise.all(Array.from({ length: count }, one)))
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return outcomes;
}

const [address, fleet, agent, count] = process.argv.slice(2);
if (require.main === module && address && fleet && agent && count) {
  const client = DroverClient.connect({ bare: true, address });
  process.once('message', () => {
    void resumeAtOnce(client, fleet, agent, Number(count)).then(async (outcomes) => {
      process.send?.(outcomes);
      await client.close();
      process.disconnect();
    });
  });
  process.send?.('ready');
}
