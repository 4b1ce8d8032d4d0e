/** The crash matrix (`npm run crash`): it prints a table; a run passes when the providers hold exactly what the fleet owns. */
import { freePorts } from '../../src/dev/ports';
import { type Running, temporaryFolder } from '../cli/commands/drover';
import { engineMissing, startEngine, type TestEngine } from '../providers/engine';
import { shared } from '../support/shared';
import { crashAll, type MakeSite, tableOf } from './matrix';
import { commandPoints, fewPoints, type Point, points } from './points';
import { type Shared, startGateway, upSite, workerSite } from './sites';

const folder = temporaryFolder();
let common: Shared;
let gateway: Running;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const address = shared().devServer;
  gateway = await startGateway(address, folder.path, port);
  common = { address, gatewayUrl: `http://127.0.0.1:${String(port)}` };
}, 60_000);

afterAll(async () => {
  gateway.process.kill('SIGKILL');
  await gateway.ended;
  await folder.remove();
}, 60_000);

/** One run takes up to two minutes where something is wrong, and half of one where nothing is. */
const MATRIX_MS = 3_600_000;

async function pass(what: string, of: readonly Point[], atOnce: number, siteOf: MakeSite): Promise<void> {
  const outcomes = await crashAll(folder.path, of, atOnce, siteOf);
  process.stdout.write(`\n${what}\n${tableOf(outcomes)}\n`);
  expect(outcomes.filter(({ problems }) => problems.length > 0)).toEqual([]);
}

const worker: MakeSite = async (place, name) => workerSite(common, place, name);

test(
  'the worker is killed: every change goes on, and nothing is there twice',
  () => pass('the worker is killed', points('kill'), 3, worker),
  MATRIX_MS,
);

test(
  'the worker is killed around a hold, its release, a cancellation and a forget: each is carried out once',
  () => pass('the worker is killed around commands', commandPoints(), 3, worker),
  MATRIX_MS,
);

test(
  'the workflow of the change is terminated: its fleet takes everything back by keys',
  () => pass('the workflow of the change is terminated', points('terminate'), 3, worker),
  MATRIX_MS,
);

test(
  'the whole drover up is killed: it comes back and goes on',
  () => pass('the whole drover up is killed', points('kill'), 2, upSite),
  MATRIX_MS,
);

const missing = engineMissing();
(missing === undefined ? test : test.skip)(
  `containers${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    const engine: TestEngine = await startEngine();
    try {
      await pass('containers', fewPoints(), 1, async (place, name) => workerSite(common, place, name, engine));
    } finally {
      await engine.stop();
    }
  },
  MATRIX_MS,
);
