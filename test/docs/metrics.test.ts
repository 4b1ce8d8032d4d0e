/** docs/operations.md names every metric of fleets with its kind and its labels, and no other. */
import { GATEWAY_METRICS, type MetricInfo, WORKER_METRICS } from '../../src/contract/metrics';
import { page } from './pages';

const [, section = ''] = page('docs/operations.md').split(/^## /m);
const rows = [...section.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]+) \|/gm)].map(
  ([, name = '', kind = '', labels = '']) => ({
    name,
    kind,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  }),
);

const shown = ({ name, kind, labels }: MetricInfo) => ({
  // The exporter of a worker adds the suffix.
  name: kind === 'counter' ? `${name}_total` : name,
  kind,
  labels,
});

test('every metric has its row', () => {
  expect(section).toMatch(/^Metrics\n/);
  expect(rows).toEqual(
    [...Object.values<MetricInfo>(GATEWAY_METRICS), ...Object.values<MetricInfo>(WORKER_METRICS)].map(shown),
  );
});
