/** Fleet changes over real containers: a real worker, a real gateway, the engine that is reachable or Podman. */
import { PATIENCE_MS } from '../../support/patience';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeView, FleetSpec } from '../../../src/contract/fleet';
import { freePorts } from '../../../src/dev/ports';
import { temporaryFolder } from '../../cli/commands/drover';
import { differences, type Site } from '../../crash/crash';
import { startGateway, workerSite } from '../../crash/sites';
import { engineMissing, startEngine } from '../../providers/engine';
import { shared } from '../../support/shared';

const missing = engineMissing();
const FLEET = `docker-${String(process.pid)}`;

async function change(site: Site, spec: FleetSpec): Promise<ChangeView> {
  const { changeId, revision } = await site.client.fleets.apply(FLEET, { spec });
  return site.client.fleets.follow(FLEET, { changeId: changeId ?? '', revision }, { timeoutMs: PATIENCE_MS });
}

(missing === undefined ? test : test.skip)(
  `a fleet of containers is made, changed and destroyed${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const folder = temporaryFolder();
    const engine = await startEngine();
    const [port = 0] = await freePorts(1);
    const address = shared().devServer;
    const gateway = await startGateway(address, folder.path, port);
    const place = join(folder.path, 'site');
    mkdirSync(place);
    const common = { address, gatewayUrl: `http://127.0.0.1:${String(port)}` };
    const site = workerSite(common, place, FLEET, engine);
    const worker = await site.start();
    try {
      const pid = async (name: string) => (await site.client.agents.describe({ fleet: FLEET, agent: name })).pid;
      const [A, B] = ['A', 'B'].map((name) => site.agent(name, 'right')) as [
        FleetSpec['agents'][0],
        FleetSpec['agents'][0],
      ];
      expect(await change(site, { agents: [A, B] })).toMatchObject({ state: 'done', steps: { created: 2, ready: 2 } });
      expect(await differences(site, FLEET, 'made', true)).toEqual([]);
      const kept = await pid('A');
      expect(kept).toEqual(expect.any(Number));

      const next = { agents: [A, site.agent('B', 'another'), site.agent('C', 'right')] };
      expect((await site.client.fleets.plan(FLEET, next)).changes).toEqual([
        { kind: 'replace', agent: 'B', fields: ['docker.env.ANOTHER'] },
        { kind: 'create', agent: 'C', fields: [] },
      ]);
      expect(await change(site, next)).toMatchObject({ state: 'done', steps: { created: 2, ready: 2 } });
      expect(await differences(site, FLEET, 'changed', true)).toEqual([]);
      expect(await pid('A')).toBe(kept);

      const wrong = { agents: [...next.agents, site.agent('D', 'wrong')] };
      expect(await change(site, wrong)).toMatchObject({
        state: 'rolled_back',
        error: expect.stringMatching(/^D: run "\/no\/such\/program": /) as string,
      });
      expect(await differences(site, FLEET, 'rolled_back', true)).toEqual([]);

      const { changeId, revision } = await site.client.fleets.destroy(FLEET);
      const ended = await site.client.fleets.follow(FLEET, { changeId: changeId ?? '', revision });
      expect(ended).toMatchObject({ state: 'done' });
      expect(await site.provider.list()).toEqual([]);
      expect(await site.instances()).toBe(0);
    } finally {
      for (const running of [worker, gateway]) {
        running.process.kill('SIGKILL');
        await running.ended;
      }
      await site.client.close();
      await engine.stop();
      await folder.remove();
    }
  },
);
