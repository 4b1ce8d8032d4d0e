/** Gates: hand-overs that wait for a person, because a rule `approve(A -> B)` names them. */
import type { Invocation } from '../../contract/agent/turns';
import { boundedText, plainText } from '../../contract/text';
import { jsonBytes } from '../lib/json-bytes';
import type { Topology } from '../topology/topology';
import { clearYes } from './clear-yes';
import type { Effects } from './effects';
import type { BranchState } from './state';

/** The most bytes of the value in the question, and in its context; the agent's turn has all of it. */
const SHOWN_BYTES = 300;
const CONTEXT_BYTES = 32 * 1024;

/** The hand-overs of `from` that wait for a person. */
export function gatesOf(topology: Topology, from: string, handOvers: readonly Invocation[]): readonly Invocation[] {
  const { approve = [] } = topology.rules;
  return handOvers.filter(({ agent }) => approve.some((gate) => gate.from === from && gate.to === agent));
}

/** Asks for one after the other. Null once all are approved, else the error of the branch. Throws `Stopped`. */
export async function refusedGate(
  { agent: from, context: { branch } }: Pick<BranchState, 'agent' | 'context'>,
  gates: readonly Invocation[],
  effects: Pick<Effects, 'ask'>,
): Promise<string | null> {
  for (const { agent: to, request } of gates) {
    const verdict = await clearYes(effects, {
      branch,
      agent: from,
      kind: 'gate',
      question: `${from} hands over to ${to}: ${boundedText(plainText(request), SHOWN_BYTES)}. Approve (yes), or refuse (no)?`,
      context: { from, to, ...(jsonBytes(request) <= CONTEXT_BYTES && { value: request }) },
    });
    const rule = `approve(${from} -> ${to})`;
    if (verdict === 'no') return `${rule}: refused by a person`;
    if (verdict !== 'yes') return `${rule}: ${verdict.error}`;
  }
  return null;
}
