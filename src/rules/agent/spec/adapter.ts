/** Parses `adapter` of a specification in the sandbox, and checks it against the rest of the agent. */
import { ADAPTER_KINDS, COMMAND_FORMATS, PERMISSIONS, SESSION_SCOPES, type AdapterSpec } from '../../../contract/agent';
import { filled, filledList, positiveDuration, secretReference, url } from '../../lib/fields';
import { isRecord, object, oneOf, optional, type Parser } from '../../lib/parse';
import type { Problem } from '../../lib/problem';

const command = object({
  run: filledList(filled),
  format: optional(oneOf(...COMMAND_FORMATS)),
  cwd: optional(filled),
  timeout: optional(positiveDuration),
  session: optional(oneOf(...SESSION_SCOPES)),
});

const acp = object({
  command: filledList(filled),
  cwd: optional(filled),
  permissions: optional(oneOf(...PERMISSIONS)),
  permissionTimeout: optional(positiveDuration),
  session: optional(oneOf(...SESSION_SCOPES)),
});

const a2a = object({
  card: url,
  secret: optional(secretReference),
  session: optional(oneOf(...SESSION_SCOPES)),
});

/** `adapter` of an agent. */
export const adapterSpec: Parser<AdapterSpec> = object({
  acp: optional(acp),
  command: optional(command),
  a2a: optional(a2a),
});

/** The providers that start adapters. */
const HOSTS: readonly unknown[] = ['process', 'memory'];

/** An adapter is of one kind, belongs to a process, and leaves `process` without a command line. */
export function adapterProblems(agent: Readonly<Record<string, unknown>>): Problem[] {
  const { adapter, provider, process } = agent;
  if (adapter === undefined) return missingCommand(agent);
  if (!HOSTS.includes(provider)) {
    return [{ path: ['adapter'], message: `does not belong to an agent of provider ${String(provider)}`, atKey: true }];
  }
  const kinds = isRecord(adapter) ? ADAPTER_KINDS.filter((kind) => adapter[kind] !== undefined) : [];
  const [kind] = kinds;
  if (isRecord(adapter) && kinds.length !== 1) {
    return [{ path: ['adapter'], message: `expected exactly one of ${ADAPTER_KINDS.join(', ')}` }];
  }
  const secret = secretProblems(agent);
  if (!isRecord(process)) return secret;
  const given = ['command', 'cwd']
    .filter((key) => process[key] !== undefined)
    .map((key): Problem => ({
      path: ['process', key],
      message: `is not given beside an adapter; ${insteadOf(key, String(kind))}`,
      atKey: true,
    }));
  return [...secret, ...given];
}

function insteadOf(key: string, kind: string): string {
  if (kind === 'a2a') return 'adapter.a2a calls a service, and starts no program of yours';
  return `write adapter.${kind}.${key === 'command' && kind === 'command' ? 'run' : key}`;
}

/** A service has one token: that of its subscription, or its own. */
function secretProblems({ adapter, subscription }: Readonly<Record<string, unknown>>): Problem[] {
  const a2a = isRecord(adapter) ? adapter['a2a'] : undefined;
  if (subscription === undefined || !isRecord(a2a) || a2a['secret'] === undefined) return [];
  return [
    {
      path: ['adapter', 'a2a', 'secret'],
      message: 'is not given beside a subscription, whose secret is used',
      atKey: true,
    },
  ];
}

function missingCommand({ provider, process }: Readonly<Record<string, unknown>>): Problem[] {
  if (provider !== 'process' || !isRecord(process) || process['command'] !== undefined) return [];
  return [{ path: ['process'], message: 'needs "command", unless the agent has an "adapter"' }];
}
