/**
 * The sizes of summaries and details that the server takes. Measured with the server of `drover
 * up`: it takes a million bytes, of a start and of a timer, although Temporal's API says 400 and
 * 20,000. So no size that it refuses can be asserted; that it takes ours can.
 */
import { randomUUID } from 'node:crypto';
import { AGENT_WORKFLOW } from '../../../src/contract/names';
import { devServer } from '../../support/env';

const env = devServer();

it.each([
  ['the longest that Drover sends', 200, 4_096],
  ["the longest that Temporal's API allows", 398, 19_998],
])('%s: %d and %d bytes', async (_what, summary, details) => {
  const workflowId = `agent/summary-${randomUUID()}`;
  const handle = await env.client.workflow.start(AGENT_WORKFLOW, {
    workflowId,
    taskQueue: `no-worker-${workflowId}`,
    staticSummary: 's'.repeat(summary),
    staticDetails: 'd'.repeat(details),
  });
  const { staticSummary, staticDetails } = await handle.describe().then(async (description) => ({
    staticSummary: await description.staticSummary(),
    staticDetails: await description.staticDetails(),
  }));
  expect([staticSummary?.length, staticDetails?.length]).toEqual([summary, details]);
});
