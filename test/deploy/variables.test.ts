/** Every variable that a deployed file sets is one that its program reads, and what is set together fits together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { resolveSettings } from '../../src/config';
import { configSchema, parseConfig } from '../../src/contract/schemas/config';
import { SEARCH_ATTRIBUTES } from '../../src/contract/names';
import type { StateDirectory } from '../../src/dev/state-dir';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = join(__dirname, '../..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const dockerfile = read('Dockerfile');

/** The values that Compose gives to `${NAME:?why}` and `${NAME:-default}`, given the variables of its own environment. */
function interpolated(service: string, given: Readonly<Record<string, string>>): Record<string, string> {
  const environment = compose.services[service]?.environment ?? {};
  const fill = (text: string): string =>
    text.replace(/\$\{(\w+)(?::([?-])([^}]*))?\}/g, (_all, name: string, kind?: string, rest?: string) => {
      const value = given[name] ?? (kind === '-' ? rest : undefined);
      if (value === undefined) throw new Error(`${name} is required by ${service}`);
      return value;
    });
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(value)]));
}

const SECRETS = {
  DROVER_OPERATOR_TOKENS: 'an-operator-token-of-a-test',
  DROVER_AGENT_SECRET: 'a-secret-of-all-agents-of-a-test',
  DROVER_SPEC_SECRET: 'a-secret-that-signs-all-agents-of-a-test',
};

/** A state directory that would show through if a setting is missing. */
const kept: StateDirectory = {
  path: '/var/lib/drover',
  ports: { grpc: 1, ui: 2, gateway: 3 },
  token: 'kept',
  tokenFile: '/var/lib/drover/token',
  agentSecret: 'kept',
  specSecrets: ['kept'],
  installation: 'kept',
  host: 'kept',
  dbFile: '/var/lib/drover/temporal.db',
  serverLog: '/var/lib/drover/temporal.log',
};

/** Read by the `temporal` command line's configuration, on which Drover's connection rests. */
const CONNECTION = /^TEMPORAL_(?:ADDRESS|NAMESPACE|PROFILE|API_KEY|TLS(?:_\w+)?)$/;

describe.each(['worker', 'gateway'])('docker-compose.yml, %s', (service) => {
  it('sets only variables that Drover reads', () => {
    const names = Object.keys(compose.services[service]?.environment ?? {});
    expect(names).toContain('TEMPORAL_ADDRESS');
    expect(names.filter((name) => !(name in configSchema.shape) && !CONNECTION.test(name))).toEqual([]);
  });

  it('starts from the secrets of its first lines alone, and keeps nothing that another container must know', () => {
    const settings = resolveSettings(parseConfig(interpolated(service, SECRETS)), kept);
    const { installation, host, agentSecret, specSecrets, gateway } = settings;
    expect({ installation, host, agentSecret, specSecrets, url: gateway.url }).toEqual({
      installation: 'compose',
      host: 'compose',
      agentSecret: SECRETS.DROVER_AGENT_SECRET,
      specSecrets: [SECRETS.DROVER_SPEC_SECRET],
      url: 'http://gateway:7300',
    });
  });

  it('keeps its state in a volume that the image makes for its own user', () => {
    const [, folder = ''] = /^ENV DROVER_STATE_DIR=(\S+)$/m.exec(dockerfile) ?? [];
    expect(folder).not.toBe('');
    expect(compose.services[service]?.volumes).toContain(`drover:${folder}`);
    expect(Object.keys(compose.volumes)).toContain('drover');
    expect(dockerfile).toMatch(new RegExp(`^RUN install -d -o node .*${folder}$`, 'm'));
  });
});

it('the gateway listens where its port is published, with the tokens that it was given', () => {
  const { gateway, operatorTokens } = resolveSettings(parseConfig(interpolated('gateway', SECRETS)), kept);
  const url = 'http://gateway:7300';
  expect(gateway).toEqual({ host: '0.0.0.0', port: 7300, url, selfUrl: url });
  expect(operatorTokens).toEqual([SECRETS.DROVER_OPERATOR_TOKENS]);
  expect(compose.services['gateway']?.ports).toEqual(['127.0.0.1:7300:7300']);
});

it('names the secrets that it wants', () => {
  expect(() => interpolated('gateway', { DROVER_AGENT_SECRET: 'x', DROVER_SPEC_SECRET: 'x' })).toThrow(
    'DROVER_OPERATOR_TOKENS',
  );
  expect(() => interpolated('worker', {})).toThrow('DROVER_AGENT_SECRET');
  for (const service of ['worker', 'gateway']) {
    const { DROVER_SPEC_SECRET: _without, ...others } = SECRETS;
    expect(() => interpolated(service, others)).toThrow('DROVER_SPEC_SECRET');
  }
  for (const name of Object.keys(SECRETS)) expect(read('docker-compose.yml')).toContain(`#   echo "${name}=`);
});

it('Temporal gets a dynamic configuration that exists', () => {
  const { environment = {}, volumes = [] } = compose.services['temporal'] ?? {};
  const [from = '', to = ''] = (volumes[0] ?? '').split(':');
  const file = environment['DYNAMIC_CONFIG_FILE_PATH'] ?? '';
  expect(file.startsWith(`${to}/`)).toBe(true);
  expect(parse(read(join(from, file.slice(to.length + 1))))).toEqual({});
});

it('registers every search attribute that a worker asks for, with its type', () => {
  const [script = ''] = compose.services['temporal-namespace']?.command ?? [];
  const [, keywords = ''] = /for name in ([^;]+); do add "\$\$name" Keyword;/.exec(script) ?? [];
  const registered = Object.fromEntries([
    ...keywords.split(' ').map((name) => [name, 'Keyword']),
    ...[...script.matchAll(/^add (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]),
  ]) as Record<string, string>;
  expect(registered).toEqual(SEARCH_ATTRIBUTES);
});
