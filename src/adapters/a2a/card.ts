/** The card of an A2A agent: it says where the agent is and how it is called. */
import { z } from 'zod';
import { messageOf, QUOTE_BYTES } from '../../contract/text';
import { AgentFailure } from '../failure';
import { guardedFetch } from './guarded-fetch';
import { type A2a, type AgentCard, type Client, loadA2a } from './sdk';

/** The agent and the token for it. `secret` is asked at each call, because it may change. */
export interface A2aService {
  readonly card: string;
  readonly secret: () => string | undefined;
  readonly retriesMs?: readonly number[];
}

/** The parts of a card that Drover needs. */
const schema = z.looseObject({
  name: z.string(),
  supportedInterfaces: z
    .array(z.looseObject({ url: z.url(), protocolBinding: z.string() }))
    .min(1, 'names no interface'),
});

/** The bindings that the library speaks without further packages. */
const BINDINGS: readonly string[] = ['JSONRPC', 'HTTP+JSON'];
/** A card is small and static. */
const CARD_MS = 30_000;

/** A client for the agent, and whether it streams. */
export interface Connected {
  readonly client: Client;
  readonly streams: boolean;
}

/** Reads the card. Rejects with what is wrong about it. */
export async function connect({ card: url, secret, retriesMs }: A2aService): Promise<Connected> {
  const sdk = await loadA2a();
  const { origin } = new URL(url);
  // The protection that the card describes is not known yet.
  const bearer = () => withToken(secret(), 'Authorization', 'Bearer ');
  const card = await readCard(url, sdk, guardedFetch({ origin, headers: bearer, ...(retriesMs && { retriesMs }) }));
  const { name = 'Authorization', prefix = 'Bearer ' } = schemeOf(card);
  const headers = () => withToken(secret(), name, prefix);
  const fetchImpl = guardedFetch({ origin, headers, ...(retriesMs && { retriesMs }) });
  const legacyCompat = { enabled: true };
  const factory = new sdk.ClientFactory({
    transports: [
      new sdk.JsonRpcTransportFactory({ fetchImpl, legacyCompat }),
      new sdk.RestTransportFactory({ fetchImpl, legacyCompat }),
    ],
  });
  mustBeCallable(card, url, origin, secret() !== undefined);
  return { client: await factory.createFromAgentCard(card), streams: card.capabilities?.streaming === true };
}

async function readCard(url: string, { DefaultAgentCardResolver }: A2a, fetchCard: typeof fetch): Promise<AgentCard> {
  const fetchImpl: typeof fetch = (input, init) => fetchCard(input, { ...init, signal: AbortSignal.timeout(CARD_MS) });
  const resolver = new DefaultAgentCardResolver({ fetchImpl, legacyCompat: { enabled: true } });
  let card: AgentCard;
  try {
    card = await resolver.resolve(url, '');
  } catch (error) {
    const status = error instanceof AgentFailure ? error.status : undefined;
    throw new AgentFailure(`no agent card at ${url}: ${messageOf(error, QUOTE_BYTES)}`, { status });
  }
  const parsed = schema.safeParse(card);
  if (parsed.success) return card;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
  throw new AgentFailure(`${url} is not an agent card: ${where}: ${issue?.message ?? 'has another shape'}`);
}

function mustBeCallable(card: AgentCard, url: string, origin: string, hasSecret: boolean): void {
  const bindings = card.supportedInterfaces.map(({ protocolBinding }) => protocolBinding.toUpperCase());
  const callable = card.supportedInterfaces.filter((_, index) => BINDINGS.includes(bindings[index] ?? ''));
  if (callable.length === 0)
    throw new AgentFailure(
      `the agent of ${url} speaks ${bindings.join(', ')} only; Drover calls ${BINDINGS.join(' and ')}`,
    );
  const elsewhere = callable.find((each) => new URL(each.url).origin !== origin);
  if (hasSecret && elsewhere !== undefined)
    throw new AgentFailure(
      `the card of ${url} leads to ${new URL(elsewhere.url).origin}, which does not get its secret; name a card at the same origin, or no secret`,
    );
}

/** The header that a card wants the token in: that of its first key in a header, else `Authorization`. */
function schemeOf({ securitySchemes }: AgentCard): { readonly name?: string; readonly prefix?: string } {
  for (const { scheme } of Object.values(securitySchemes ?? {})) {
    if (scheme?.$case !== 'apiKeySecurityScheme' || scheme.value.location !== 'header') continue;
    return { name: scheme.value.name, prefix: '' };
  }
  return {};
}

function withToken(secret: string | undefined, name: string, prefix: string): Record<string, string> {
  return secret === undefined ? {} : { [name]: `${prefix}${secret}` };
}
