/**
 * `drover token FLEET/AGENT`: the token that an external agent needs; `drover token create|list|revoke`: the
 * tokens of people and programs.
 */
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { environment } from '../../../config';
import { agentToken } from '../../../contract/agent/token';
import { DroverError } from '../../../contract/errors';
import { type NamedToken, type Role, ROLES } from '../../../contract/caller/role';
import { keptAgentSecret, TOKENS_FILE } from '../../../dev/state-dir';
import { addToken, removeToken, tokensIn } from '../../files/tokens-file';
import { agentRef } from '../../lib/arguments';
import { type Format, print, say, table, withOutput } from '../../lib/output';
import { isStateFolder, stateFolder } from '../../lib/state-folder';
import { askGateway } from '../../lib/gateway';

interface TokenFlags {
  readonly output: Format;
}

interface CreateFlags extends TokenFlags {
  readonly role: Role;
  readonly fleet?: readonly string[];
  readonly name?: string;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  const parent = withOutput(program.command('token').argument('<fleet/agent>')).action(
    (name: string, flags: TokenFlags) => token(name, flags),
  );
  withOutput(parent.command('create'))
    .description('make a token for a person or a program, and print it once')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--fleet <fleet...>', 'the only fleets that it may see and command')
    .option('--name <name>', 'who has it, for audits; by default made from the role')
    // Options before the name of the subcommand belong to the command around it.
    .action((_own: CreateFlags, command: Command) => create(command.optsWithGlobals<CreateFlags>()));
  withOutput(parent.command('list'))
    .description('list the tokens of people and programs, without the tokens themselves')
    .action((_own: TokenFlags, command: Command) => list(command.optsWithGlobals<TokenFlags>()));
  withOutput(parent.command('revoke').argument('<name>'))
    .description('take a token back; its browser sessions end with it')
    .action((name: string, _own: TokenFlags, command: Command) => revoke(name, command.optsWithGlobals<TokenFlags>()));
}

async function create({ role, fleet, name, output }: CreateFlags): Promise<void> {
  const path = tokensPath();
  const { token: value, entry } = addToken(path, { role, fleets: fleet ?? null, ...(name !== undefined && { name }) });
  say(`drover: ${path} has the hash of the token "${entry.name}"; this is the only time that the token is shown`);
  await print(output, { data: { ...shown(entry), token: value }, names: [value], text: () => value });
}

/** Hashes are left out: they name a token in no other place. */
function shown({ sha256: _, ...entry }: NamedToken): Omit<NamedToken, 'sha256'> {
  return entry;
}

async function list({ output }: TokenFlags): Promise<void> {
  const items = tokensIn(tokensPath()).map(shown);
  await print(output, {
    data: { items, nextPageToken: null },
    names: items.map(({ name }) => name),
    text: () =>
      table(
        ['NAME', 'ROLE', 'FLEETS'],
        items.map(({ name, role, fleets }) => [name, role, fleets === null ? 'all' : fleets.join(', ')]),
      ),
  });
}

async function revoke(name: string, { output }: TokenFlags): Promise<void> {
  const path = tokensPath();
  const revoked = shown(removeToken(path, name));
  await print(output, {
    data: { ...revoked, revoked: true },
    names: [name],
    text: () => `${path} no longer has a token "${name}"; a running gateway refuses it within a second`,
  });
}

/** The file that the gateway of this directory reads. */
function tokensPath(): string {
  const given = environment()['DROVER_TOKENS_FILE'];
  if (given !== undefined) return resolve(given);
  const folder = stateFolder();
  if (isStateFolder(folder)) return join(folder, TOKENS_FILE);
  throw new DroverError(
    'InvalidRequest',
    'no installation here: run this in the directory of its drover up, or set DROVER_TOKENS_FILE as for its gateway',
  );
}

async function token(name: string, { output }: TokenFlags): Promise<void> {
  const { fleet, agent } = agentRef(name);
  const secret = environment()['DROVER_AGENT_SECRET'] ?? keptAgentSecret(stateFolder());
  const value = secret === undefined ? await fromGateway(fleet, agent) : agentToken(secret, fleet, agent);
  await print(output, { data: { fleet, agent, token: value }, names: [value], text: () => value });
}

async function fromGateway(fleet: string, agent: string): Promise<string> {
  const answer = await askGateway(`/v1/agents/${fleet}/${agent}/token`);
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string')
    return answer.token;
  throw new DroverError('Internal', 'the gateway answered without a token');
}
