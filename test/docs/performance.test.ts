/** docs/performance.md has the bounds that `npm run costs` holds operations to. */
import { BOUNDS } from '../costs/bounds';
import { page } from './pages';

test('the table of costs has every operation with its bounds', () => {
  const rows = [...page('docs/performance.md').matchAll(/^\| ([^|]+?) \| (\d+) \| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm)];
  const bounds = rows.map(([, name, events, transitions]) => [
    name,
    { events: Number(events), transitions: Number(transitions) },
  ]);
  expect(Object.fromEntries(bounds)).toEqual(BOUNDS);
});
