/** A ledger that so many agents beat to; prints by how many bytes the resident set of this process has grown: `--expose-gc many-beats.ts COUNT`. */
import type { Heartbeat } from '../../../src/contract/agent';
import { BeatLedger, type BeatTarget } from '../../../src/gateway/routes/beats';
import { view } from '../agent-view';

function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

async function main(count: number): Promise<void> {
  const target: BeatTarget = { heartbeat: async () => undefined, describe: async () => view() };
  const ledger = new BeatLedger(target, { received: () => undefined, forwarded: () => undefined });
  const before = resident();
  for (let index = 0; index < count; index += 1) {
    // As a parser makes them: strings of their own.
    const beat = JSON.parse(
      `{"instanceId":"instance-${String(index)}","status":"ready","endpoint":"http://127.0.0.1:${String(index)}"}`,
    ) as Heartbeat;
    await ledger.beat({ fleet: 'f', agent: `agent-${String(index)}` }, beat);
  }
  const grown = resident() - before;
  if (ledger.size !== count) throw new Error(`it keeps ${String(ledger.size)} of ${String(count)} agents`);
  process.stdout.write(String(grown));
}

void main(Number(process.argv[2]));
