/** A sample of the crash matrix (`npm run crash` runs all of it): real workers, killed in the middle of a change. */
import { freePorts } from '../../src/dev/ports';
import { type Running, temporaryFolder } from '../cli/drover';
import { crashAll } from '../crash/matrix';
import type { Point } from '../crash/points';
import { type Shared, startGateway, workerSite } from '../crash/sites';
import { shared } from '../support/shared';

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

const SAMPLE: readonly Point[] = [
  { scenario: 'create', call: 'create', when: 'after', nth: 5, how: 'kill' },
  { scenario: 'create', call: 'wake', when: 'after', nth: 3, how: 'terminate' },
  { scenario: 'undo', call: 'destroy', when: 'after', nth: 1, how: 'kill' },
];

test('kill -9 of the worker, and a terminated change: the providers hold what the fleet owns, nothing twice', async () => {
  const outcomes = await crashAll(folder.path, SAMPLE, SAMPLE.length, async (place, name) =>
    workerSite(common, place, name),
  );
  expect(outcomes.map(({ state, held, problems }) => ({ state, held, problems }))).toEqual([
    { state: 'done', held: 8, problems: [] },
    { state: 'rolled back', held: 0, problems: [] },
    { state: 'rolled back', held: 0, problems: [] },
  ]);
}, 120_000);
