import { devServer } from '../support/env';
import { startRun, withRuns } from './run-harness';
const env = devServer();
const invoke = (...invocations: object[]) => ({ action: 'invoke', invocations });
it('chain', async () => {
  const topology = { flows: ['Start -> A', 'A <-> B', 'A -> End'], rules: ['max_steps(500)'] };
  const script = {
    A: [...Array.from({ length: 20 }, () => invoke({agent: 'B', request: 1})), { action: 'final', response: 'far' }],
    B: [{ ...invoke({agent: 'A', request: 1}), repeat: true }],
  };
  await withRuns(env, async (taskQueue) => {
    const run = await startRun(env, taskQueue, { topology, script });
    await run.result();
    for (const h of [run.handle, run.branch('0')]) {
      const { events } = await h.fetchHistory();
      let last = 0;
      console.log((events ?? []).slice(-60).map((e) => { const t = Number(e.eventTime!.seconds) * 1000 + e.eventTime!.nanos! / 1e6; const d = t - last; last = t; return `${d.toFixed(1)} ${e.eventType} ${e.workflowExecutionSignaledEventAttributes?.signalName ?? ''}`; }).join('\n'));
    }
  });
}, 100000);
