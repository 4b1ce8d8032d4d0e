/** Checks, before a change, that this worker has what new agents need. Changes nothing. */
import { Context } from '@temporalio/activity';
import { references } from '../../contract/agent/references';
import { DroverError } from '../../contract/errors';
import type { PreflightActivities, PreflightCall, PreflightItem, Unmet } from '../../contract/fleet/preflight';
import { boundedText, shareBytes } from '../../contract/text';
import { inParallel } from '../../lib/in-parallel';
import { withoutSecretsInUse } from '../../providers/secrets-in-use';
import { type Finding, type Providers, titleOf } from '../../providers/provider';
import { missingSecret, type SecretEnvironment } from '../../providers/secrets';
import { type Admit, admitEverything } from '../admission';
import { whileBeating } from '../beating';
import { asProviderFailure } from '../failures';
import { allowEveryReference, type AllowReference, type HasSigned, notAllowedHere } from '../references';

/** Dependencies of the checks: the providers, the owner's decisions, and the environment of references. */
export interface PreflightSettings {
  readonly providers: Providers;
  readonly environment: SecretEnvironment;
  readonly admit?: Admit | undefined;
  readonly allowReference?: AllowReference | undefined;
  /** Whether a plan's references are signed by a key of this installation; default: they are not. */
  readonly hasSigned?: HasSigned | undefined;
}

/** Agents that are checked at a time: each costs some system calls, or one question to a container engine. */
const AT_A_TIME = 16;

/** A finding, or a refusal of this worker, which has a code. */
interface Found extends Finding {
  readonly code?: 'Forbidden';
}

/** The activity. */
export function createPreflightActivities(settings: PreflightSettings): PreflightActivities {
  return {
    checkAgents: async (call) => {
      try {
        return { unmet: await whileBeating(() => checkAll(call, settings)) };
      } catch (error) {
        throw asProviderFailure(error, Context.current().info.attempt);
      }
    },
  };
}

async function checkAll(call: PreflightCall, settings: PreflightSettings): Promise<Unmet[]> {
  const unmet: Unmet[] = [];
  const bytes = shareBytes(call.agents.length);
  await inParallel(call.agents, AT_A_TIME, async (item) => {
    const found = await findingsOf(item, call, settings);
    if (found.length === 0) return;
    const lines = found.map(({ field, why }) => (field === '' ? why : `${field}: ${why}`));
    unmet.push({
      agent: item.spec.name,
      why: boundedText(withoutSecretsInUse(lines.join('; ')), bytes),
      ...(found.some(({ code }) => code !== undefined) && { code: 'Forbidden' as const }),
    });
  });
  const order = new Map(call.agents.map(({ spec }, index) => [spec.name, index]));
  return unmet.sort((a, b) => (order.get(a.agent) ?? 0) - (order.get(b.agent) ?? 0));
}

async function findingsOf(item: PreflightItem, call: PreflightCall, settings: PreflightSettings): Promise<Found[]> {
  const found: Found[] = [];
  if (item.checks.includes('program')) {
    const refused = refusalOf(item, call, settings);
    // No check for a plan that its caller may not start: the answer would reveal the files and
    // secrets of this host.
    if (refused !== null) return [refused];
    found.push(...(await programFindings(item, call, settings)));
    found.push(...(await credentialFindings(item, call, settings)));
  }
  if (item.checks.includes('webhooks')) {
    const secrets = references(item.spec).filter(({ path }) => path.startsWith('notify.'));
    for (const { path, reference } of secrets) found.push(...(await secretFindings(path, reference, call, settings)));
  }
  return found;
}

function refusalOf({ spec }: PreflightItem, { fleet }: PreflightCall, { admit }: PreflightSettings): Found | null {
  const { name: agent, provider } = spec;
  try {
    (admit ?? admitEverything)({ fleet, agent, provider, spec });
    return null;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { field: '', why: error.message.replace(`${titleOf({ fleet, agent })}: `, ''), code: 'Forbidden' };
  }
}

async function programFindings(
  { spec }: PreflightItem,
  call: PreflightCall,
  settings: PreflightSettings,
): Promise<Found[]> {
  const { fleet } = call;
  const provider = settings.providers[spec.provider];
  if (!provider) return [{ field: 'provider', why: `this worker has no provider "${spec.provider}"` }];
  const { secret } = spec.external ?? {};
  const allowed = secret === undefined ? 'allowed' : await judged(secret, call, settings);
  if (allowed === 'refused') return [refusedReference('external.secret', secret ?? '')];
  if (allowed === 'left out') return [];
  return [...((await provider.check?.({ fleet, agent: spec.name, spec })) ?? [])];
}

/** The credentials of its pool: any of them may be the one that it gets. */
async function credentialFindings(
  { spec }: PreflightItem,
  call: PreflightCall,
  settings: PreflightSettings,
): Promise<Found[]> {
  const pool = call.pools.find((one) => one.pool === spec.subscription?.pool);
  const found = (pool?.credentials ?? []).map(({ name, secret }) =>
    secretFindings(`credential ${name} of pool ${pool?.pool ?? ''}`, secret, call, settings),
  );
  return (await Promise.all(found)).flat();
}

async function secretFindings(
  field: string,
  reference: string,
  call: PreflightCall,
  settings: PreflightSettings,
): Promise<Found[]> {
  const allowed = await judged(reference, call, settings);
  if (allowed === 'refused') return [refusedReference(field, reference)];
  if (allowed === 'left out') return [];
  const why = await missingSecret(reference, settings.environment);
  return why === null ? [] : [{ field, why }];
}

/**
 * Whether this worker resolves a reference. Left out: the plan's `apply` would approve it first, but
 * no key of this installation says so, and the answer would reveal the files and secrets of this host.
 */
async function judged(
  reference: string,
  { fleet, approvable }: PreflightCall,
  { allowReference = allowEveryReference, hasSigned = () => false }: PreflightSettings,
): Promise<'allowed' | 'left out' | 'refused'> {
  if (await allowReference(reference)) return 'allowed';
  if (!approvable?.references.includes(reference)) return 'refused';
  return hasSigned(fleet, approvable) ? 'allowed' : 'left out';
}

function refusedReference(field: string, reference: string): Found {
  return { field, why: notAllowedHere(reference), code: 'Forbidden' };
}
