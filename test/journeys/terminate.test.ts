/** Commands that end something for good ask first, if a person can answer. */
import { Place } from './terminal';

test('terminate asks, and no is no', async () => {
  const place = new Place();
  try {
    place.write(
      'fleet.yaml',
      `apiVersion: drover/v1
kind: Fleet
metadata: {name: own}
spec:
  agents:
    - {name: A, provider: process, process: {command: [node, agent.mjs]}}
`,
    );
    place.writeAgent('agent.mjs', 'return final(1);');
    const [up, other] = [place.terminal(), place.terminal()];
    await up.type('drover up fleet.yaml');
    await up.shows('Ctrl-C stops');
    await other.type('drover terminate own/A');
    await other.shows('Terminate own/A for good');
    other.press('n\r');
    await other.shows('nothing was done');
    await other.type('drover terminate own/A');
    await other.shows('[y/N]');
    other.press('y\r');
    await other.shows('own/A is terminated');
  } finally {
    await place.close();
  }
});
