/** Text of an event for people. */
import { type DroverEvent, EVENT_TYPES } from '../../contract/event';

const TYPE_WIDTH = Math.max(...EVENT_TYPES.map((type) => type.length));

/** An event as one line. */
export function eventText(event: DroverEvent): string {
  const { at, type } = event;
  return `${at}  ${type.padEnd(TYPE_WIDTH)}  ${subjectOf(event)}  ${aboutText(event)}`.trimEnd();
}

/** The subject of an event: `fleet/agent`, `fleet/run`, or a pool. */
export function subjectOf({ data }: DroverEvent): string {
  return text(data['run'] ?? data['agent'] ?? data['pool']);
}

/** The details of an event; empty if it has none. */
export function aboutText({ type, data }: DroverEvent): string {
  switch (type) {
    case 'subscription.switched':
      return `${text(data['from'])} -> ${text(data['to'])} of pool ${text(data['pool'])}`;
    case 'pool.exhausted':
      return [untilText(data['exhaustedUntil']), `waiting: ${list(data['agents'])}`].filter(Boolean).join(', ');
    case 'agent.ready':
      return data['liveness'] === 'degraded' ? 'degraded' : '';
    case 'agent.offline':
    case 'agent.failed':
      return text(data['why'] ?? data['reason']);
    case 'run.completed':
      return typeof data['turns'] === 'number' ? `${String(data['turns'])} turns` : '';
    case 'run.asked':
      return `branch ${text(data['branch'])} waits for a human: drover describe run ${text(data['run'])}`;
    case 'question.asked':
    case 'question.reminded':
    case 'question.escalated':
      return `${text(data['kind'])} of ${text(data['agent'])} waits: drover answer ${text(data['item'])} ANSWER`;
    case 'question.expired':
      return `the time of ${text(data['item'])} is over: ${text(data['onDeadline'])}`;
    case 'question.answered':
      return `${text(data['item'])} was answered by ${text(data['by'])}`;
    case 'run.failed':
    case 'run.cancelled':
      return text(data['error']).split('\n')[0] ?? '';
  }
}

function untilText(time: unknown): string {
  return typeof time === 'string' ? `until ${time}` : '';
}

function list(names: unknown): string {
  return Array.isArray(names) ? names.join(', ') : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
