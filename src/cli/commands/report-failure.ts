/**
 * `drover report-failure AGENT --kind …`: reports that work outside Drover failed with an agent's
 * credential.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AgentRef, DroverClient } from '../../client';
import { DroverError } from '../../contract/errors';
import type { FailureKind, FailureReport } from '../../contract/agent/subscription';
import { agentRef, parseWhole, plainName, requestOf } from '../lib/arguments';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, withOutput } from '../lib/output';

interface ReportFlags extends ConnectionFlags {
  readonly output: Format;
  readonly kind: FailureKind;
  readonly subscription?: string;
  readonly assignment?: number;
  readonly resetAt?: string;
  readonly requestId?: string;
}

const KINDS: readonly FailureKind[] = ['rate_limit', 'auth', 'other'];

/** Adds the command to the program. */
export function register(program: Command): void {
  const report = program.command('report-failure').argument('<fleet/agent>');
  withOutput(withConnection(report))
    .addOption(new Option('--kind <kind>', 'what the provider said').choices(KINDS).makeOptionMandatory())
    .option('--subscription <name>', 'the credential in use when the work began (default: the current one)', plainName)
    .option('--assignment <n>', 'its assignment then: a report about an earlier one changes nothing', parseWhole)
    .option('--reset-at <time>', 'when the credential works again, as the provider says, ISO 8601', parseTime)
    .option('--request-id <id>', 'the same report again changes nothing more')
    .action((name: string, flags: ReportFlags) => send(agentRef(name), flags));
}

async function send(ref: AgentRef, flags: ReportFlags): Promise<void> {
  const { agent, changed } = await withClient(flags, async (client) =>
    client.agents.reportFailure(ref, await reportOf(client, ref, flags)),
  );
  const name = `${agent.fleet}/${agent.name}`;
  await print(flags.output, {
    data: { changed, agent },
    names: [name],
    text: () => (changed ? `${name} asks its pool for another subscription` : `${name}: recorded, nothing changes`),
  });
}

async function reportOf(client: DroverClient, ref: AgentRef, flags: ReportFlags): Promise<FailureReport> {
  const { kind, resetAt } = flags;
  return {
    ...(await subscriptionOf(client, ref, flags)),
    kind,
    ...(resetAt === undefined ? {} : { resetAt }),
    ...requestOf(flags),
  };
}

async function subscriptionOf(
  client: DroverClient,
  ref: AgentRef,
  { subscription, assignment }: ReportFlags,
): Promise<Pick<FailureReport, 'subscription' | 'assignment'>> {
  if (subscription !== undefined) return { subscription, ...(assignment === undefined ? {} : { assignment }) };
  const agent = `${ref.fleet}/${ref.agent}`;
  const { subscription: present } = await client.agents.describe(ref);
  if (!present)
    throw new DroverError('InvalidRequest', `${agent} has no subscription, so no credential can have failed`);
  // No one keeps which credential an earlier assignment had, and the current one is not to blame.
  if (assignment !== undefined && assignment !== present.assignment) {
    const now = `${agent} is on ${present.name}, assignment ${String(present.assignment)}`;
    throw new DroverError('InvalidRequest', `${now}; name the credential of ${String(assignment)} with --subscription`);
  }
  return { subscription: present.name, assignment: present.assignment };
}

function parseTime(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('Expected a time such as 2026-01-31T12:00:00Z.');
  return new Date(at).toISOString();
}
