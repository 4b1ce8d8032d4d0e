/** Random commands to the agents of a scale run. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Callers } from './http';
import type { Member } from './population';

const PER_SECOND = 100;

/** Pauses agents and resumes them, 100 commands a second, never two at a time for one agent, and leaves all resumed. */
export async function commands(members: readonly Member[], callers: Callers, seconds: number): Promise<string> {
  const took: number[] = [];
  const busy = new Set<Member>();
  const paused = new Set<Member>();
  const one = async (member: Member, index: number): Promise<void> => {
    busy.add(member);
    const began = performance.now();
    const command = paused.has(member) ? 'resume' : 'pause';
    const done = await callers.json('POST', `/v1/agents/${member.fleet}/${member.agent}/${command}`, index);
    took.push(performance.now() - began);
    if (done !== null) paused[command === 'pause' ? 'add' : 'delete'](member);
    busy.delete(member);
  };
  const open: Promise<void>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < seconds * PER_SECOND; sent += 1) {
    const free = members.filter((member) => !busy.has(member));
    const member = free[Math.floor(Math.random() * free.length)];
    if (member !== undefined) open.push(one(member, sent));
    // A busy loop is behind its schedule and then sends at once.
    await sleep(Math.max(0, began + ((sent + 1) * 1_000) / PER_SECOND - performance.now()));
  }
  const sending = (performance.now() - began) / 1_000;
  await Promise.all(open);
  const answered = (performance.now() - began) / 1_000;
  await Promise.all([...paused].map(one));
  took.sort((a, b) => a - b);
  const at = (share: number) => (took[Math.floor(share * (took.length - 1))] ?? NaN).toFixed(0);
  const rate = (open.length / answered).toFixed(0);
  return `${String(open.length)} commands sent in ${sending.toFixed(1)} s, ${rate} a second answered, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
