/** The agent of the conformance suite (docs/protocol.md), with the Node library. */
import { fail, final, serveAgent } from '../../../dist/agent/index.js';

const notes = [];
const counts = new Map();
const held = new Map();
const note = (what) => void notes.push(what);

/** Resolves when a turn `free` names it. */
function freed(name) {
  return new Promise((resolve) => held.set(name, resolve));
}

let isStopping = () => undefined;
const stopping = new Promise((resolve) => (isStopping = resolve));
process.once('SIGTERM', () => isStopping());

const DO = {
  final: ({ task }) => final(task.value),
  reply: ({ task }) => task.reply,
  request: (turn) => final(turn),
  seen: () => final(notes),
  fail: (_turn, _signal, count) => fail(`failed ${String(count)} times`),
  throw: ({ task }) => {
    throw Object.assign(new Error(task.message), task.status === undefined ? {} : { status: task.status });
  },
  async hold({ task }, _signal, count) {
    note({ holds: task.name });
    await freed(task.name);
    return final(count);
  },
  async free({ task }) {
    note({ frees: task.name });
    if (task.after === 'stopping') await stopping;
    held.get(task.name)();
    return final(null);
  },
  async wait({ turnId }, signal) {
    note({ waits: turnId });
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    note({ withdrawn: turnId });
    return final(null);
  },
  async progress({ task, progress }) {
    const end = freed(task.name);
    progress(task.progress);
    await end;
    return final(null);
  },
  async setSession({ task }) {
    await agent.setSession(task.session);
    return final(null);
  },
};

const agent = await serveAgent({
  onTurn(turn, signal) {
    const count = (counts.get(turn.turnId) ?? 0) + 1;
    counts.set(turn.turnId, count);
    return DO[turn.task.do](turn, signal, count);
  },
  onStart: async ({ session }) => note({ session }),
  onUndo(request) {
    if (request.undo === 'refuse') throw new Error('refused');
    note({ undo: request });
  },
  onCredentials: (request) => note({ credentials: request }),
  onDrain: () => note({ drain: true }),
  ...(process.env.CONFORMANCE_GRACE_MS === undefined ? {} : { graceMs: Number(process.env.CONFORMANCE_GRACE_MS) }),
});
