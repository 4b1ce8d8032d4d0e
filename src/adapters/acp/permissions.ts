/** Questions of an agent for permission: their text for the human, and the option that an answer means. */
import { oneLine, SHORT_BYTES } from '../../contract/text';
import type { PermissionOption, RequestPermissionRequest, RequestPermissionResponse } from './sdk';

/** The decision about an action. */
export type Decision = 'allow' | 'always' | 'deny';

/** The question to the human: the action, and what may be answered. */
export function permissionQuestion(agent: string, { toolCall }: RequestPermissionRequest): string {
  const title = toolCall.title ?? toolCall.kind ?? 'an action without a title';
  const details = toolCall.rawInput === undefined ? '' : ` ${oneLine(JSON.stringify(toolCall.rawInput), SHORT_BYTES)}`;
  return `${agent} asks for permission: ${oneLine(title, SHORT_BYTES)}${details}. Answer allow, always or deny.`;
}

/** Only a clear yes allows. */
export function decisionOf(answer: unknown): Decision {
  if (answer === true) return 'allow';
  const word = typeof answer === 'string' ? answer.trim().toLowerCase().replace(/[.!]$/, '') : '';
  if (['always', 'allow always'].includes(word)) return 'always';
  return ['allow', 'yes', 'y', 'ok', 'allow once'].includes(word) ? 'allow' : 'deny';
}

const KINDS: Readonly<Record<Decision, readonly PermissionOption['kind'][]>> = {
  allow: ['allow_once', 'allow_always'],
  always: ['allow_always', 'allow_once'],
  deny: ['reject_once', 'reject_always'],
};

/** The agent's option for a decision. An agent that offers no way to refuse is told that it was cancelled. */
export function chosen(decision: Decision, options: readonly PermissionOption[]): RequestPermissionResponse {
  const option = KINDS[decision].map((kind) => options.find((each) => each.kind === kind)).find((each) => each);
  return {
    outcome: option === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: option.optionId },
  };
}
