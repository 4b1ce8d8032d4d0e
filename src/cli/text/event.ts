/** Text of an event for people. */
import { errorInWords } from '../../contract/run/error-words';
import { type DroverEvent, EVENT_TYPES } from '../../contract/event';

const TYPE_WIDTH = Math.max(...EVENT_TYPES.map((type) => type.length));

/** An event as one line. */
export function eventText(event: DroverEvent): string {
  const { at, type } = event;
  return `${at}  ${type.padEnd(TYPE_WIDTH)}  ${subjectOf(event)}  ${aboutText(event)}`.trimEnd();
}

/** The subject of an event: `fleet/agent`, `fleet/run`, a pool, a fleet, a lease or a workflow. */
export function subjectOf({ data }: DroverEvent): string {
  return text(data['run'] ?? data['agent'] ?? data['pool'] ?? data['fleet'] ?? data['lease'] ?? data['workflow']);
}

/** The details of an event; empty if it has none. */
export function aboutText({ type, data }: DroverEvent): string {
  switch (type) {
    case 'agent.changed':
      return [
        `${data['accepted'] === false ? 'refused: ' : ''}${text(data['what'])} by ${text(data['by'])}`,
        movesText(data),
      ]
        .filter(Boolean)
        .join(': ');
    case 'subscription.switched':
      return `${text(data['from'])} -> ${text(data['to'])} of pool ${text(data['pool'])}`;
    case 'pool.exhausted':
      return [untilText(data['exhaustedUntil']), `waiting: ${list(data['agents'])}`].filter(Boolean).join(', ');
    case 'pool.reset':
      return `${text(data['credential'] ?? 'all credentials')}${byText(data)}`;
    case 'agent.ready':
      return data['liveness'] === 'degraded' ? 'degraded' : '';
    case 'agent.offline':
    case 'agent.failed':
      return text(data['why'] ?? data['reason']);
    case 'agent.restarted':
      return [`start ${number(data['restarts'])} after the first`, text(data['reason'])].filter(Boolean).join(': ');
    case 'change.started':
      return `revision ${number(data['revision'])}: ${text(data['kind'])} of ${number(data['agents'])} agents${byText(data)}`;
    case 'change.step':
      return [
        `revision ${number(data['revision'])}: ${text(data['kind'])} is ${text(data['step'])}`,
        firstLine(data['error']),
      ]
        .filter(Boolean)
        .join(': ');
    case 'change.completed':
    case 'change.failed':
    case 'change.compensated':
    case 'change.cancelled':
      return (
        [`revision ${number(data['revision'])}`, firstLine(data['error'] ?? data['reason'])]
          .filter(Boolean)
          .join(': ') + byText(data)
      );
    case 'change.compensating':
      return `revision ${number(data['revision'])}: undo, attempt ${number(data['attempt'])}${byText(data)}`;
    case 'fleet.paused':
    case 'fleet.resumed':
      return `${firstLine(data['reason'])}${byText(data)}`.trim();
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
      return `${text(data['item'])} was answered${byText(data)}`;
    case 'question.extended':
      return `${text(data['item'])} has time until ${text(data['deadline'])}${byText(data)}`;
    case 'run.answered':
      return `branch ${text(data['branch'])} has its answer`;
    case 'run.branch':
      return branchesText(data['branches'], data['more']);
    case 'run.started':
      return `${data['scripted'] === true ? 'scripted' : ''}${byText(data)}`.trim();
    case 'run.failed':
    case 'run.cancelled':
      return `${errorText(data['error'])}${byText(data)}`.trim();
    case 'lease.lost':
      return [`${number(data['held'])} agents, such as ${list(data['agents'])}`, text(data['reason'])]
        .filter(Boolean)
        .join(': ');
    case 'feed.gap':
      return data['missed'] === 0
        ? 'its events are no longer kept'
        : `${number(data['missed'])} events are no longer kept`;
    case 'run.paused':
    case 'run.resumed':
      return byText(data).trim();
    case 'pool.available':
      return '';
  }
}

/** ` by alice from host-1`; empty if the event does not say who gave the command. */
function byText({ by }: DroverEvent['data']): string {
  return typeof by === 'string' ? ` by ${by}` : '';
}

/** The first line of a run's error, in words. */
function errorText(value: unknown): string {
  return firstLine(typeof value === 'string' ? errorInWords(value) : value);
}

/** `status running -> paused, holds [] -> [operator]`. */
function movesText({ from, to }: DroverEvent['data']): string {
  if (!isRecord(from) || !isRecord(to)) return '';
  return Object.keys(to)
    .map((axis) => `${axis} ${valueText(from[axis])} -> ${valueText(to[axis])}`)
    .join(', ');
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return typeof value === 'number' ? String(value) : text(value ?? 'none');
}

function branchesText(branches: unknown, more: unknown): string {
  const named = Array.isArray(branches)
    ? branches.filter(isRecord).map(({ id, agent, outcome }) => `${text(id)} ${text(agent)} ${text(outcome)}`)
    : [];
  const others = typeof more === 'number' && more > 0 ? [`and ${String(more)} more`] : [];
  return [...named, ...others].join(', ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function untilText(time: unknown): string {
  return typeof time === 'string' ? `until ${time}` : '';
}

function list(names: unknown): string {
  return Array.isArray(names) ? names.join(', ') : '';
}

function firstLine(value: unknown): string {
  return text(value).split('\n')[0] ?? '';
}

function number(value: unknown): string {
  return typeof value === 'number' ? String(value) : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
