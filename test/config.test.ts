import { resolveSettings } from '../src/config';
import { parseConfig } from '../src/contract/schemas/config';
import type { StateDirectory } from '../src/dev/state-dir';

const state: StateDirectory = {
  path: '/state',
  ports: { grpc: 1, ui: 2, gateway: 3 },
  token: 'kept-token',
  tokenFile: '/state/token',
  agentSecret: 'kept-secret',
  installation: 'kept-installation',
  host: 'kept-host',
  dbFile: '/state/temporal.db',
  serverLog: '/state/temporal.log',
};

it('takes what is not set from the state directory', () => {
  expect(resolveSettings(parseConfig({}), state)).toEqual({
    queuePrefix: 'drover',
    agentCallsPerMinute: 600,
    logLevel: 'warn',
    metrics: undefined,
    maxCachedWorkflows: 500,
    turnSlots: 1_000,
    allowedHosts: undefined,
    references: [],
    stateDir: '/state',
    installation: 'kept-installation',
    host: 'kept-host',
    agentSecret: 'kept-secret',
    operatorTokens: ['kept-token'],
    gateway: { host: '127.0.0.1', port: 3, url: 'http://127.0.0.1:3', selfUrl: 'http://127.0.0.1:3' },
  });
});

it('prefers what is set', () => {
  const env = {
    DROVER_QUEUE_PREFIX: 'mine',
    DROVER_GATEWAY_HOST: '0.0.0.0',
    DROVER_GATEWAY_PORT: '8080',
    DROVER_OPERATOR_TOKENS: 'token-number-one-1, token-number-two-2',
    DROVER_AGENT_SECRET: 'a-secret-of-the-agents',
    DROVER_SPEC_SECRET: 'the-next-secret-to-sign-specifications, the-last-secret-to-sign-specifications',
    DROVER_INSTALLATION: 'here',
    DROVER_HOST: 'box.local',
    DROVER_LOG_LEVEL: 'debug',
    DROVER_MAX_CACHED_WORKFLOWS: '0',
    DROVER_TURN_SLOTS: '7',
    DROVER_ALLOWED_HOSTS: 'localhost, agents.example.com',
    DROVER_REFERENCES: 'env:KEY_*, file:/run/secrets',
  };
  expect(resolveSettings(parseConfig(env), state)).toMatchObject({
    queuePrefix: 'mine',
    logLevel: 'debug',
    maxCachedWorkflows: 0,
    turnSlots: 7,
    allowedHosts: ['localhost', 'agents.example.com'],
    references: ['env:KEY_*', 'file:/run/secrets'],
    installation: 'here',
    host: 'box.local',
    agentSecret: 'a-secret-of-the-agents',
    specSecrets: ['the-next-secret-to-sign-specifications', 'the-last-secret-to-sign-specifications'],
    operatorTokens: ['token-number-one-1', 'token-number-two-2'],
    // Agents on this machine reach "every address" at loopback.
    gateway: { host: '0.0.0.0', port: 8080, url: 'http://127.0.0.1:8080' },
  });
  const url = 'https://drover.example.com/agents';
  expect(resolveSettings(parseConfig({ ...env, DROVER_GATEWAY_URL: url }), state).gateway.url).toBe(url);
});

it.each([
  [{ DROVER_GATEWAY_PORT: '70000' }],
  [{ DROVER_GATEWAY_PORT: '-1' }],
  [{ DROVER_GATEWAY_URL: 'ftp://here' }],
  [{ DROVER_OPERATOR_TOKENS: 'long-enough-to-be-one,short' }],
  [{ DROVER_OPERATOR_TOKENS: 'has a space in the middle' }],
  [{ DROVER_SPEC_SECRET: 'shorter-than-32-bytes' }],
  [{ DROVER_SPEC_SECRET: 'one-secret-that-is-long-enough-for-it,short' }],
  [{ DROVER_SPEC_SECRET: 'one-secret-that-is-long-enough-for-it,' }],
  [{ DROVER_SPEC_SECRET: 'a secret that is long enough and has spaces' }],
  [{ DROVER_QUEUE_PREFIX: '7up' }],
  [{ DROVER_HOST: 'a/b' }],
  [{ DROVER_TURN_SLOTS: 'many' }],
])('refuses %j and names the variable', (env) => {
  const [name = ''] = Object.keys(env);
  expect(() => parseConfig(env)).toThrow(name);
});

it('does not listen to the world without tokens', () => {
  expect(() => resolveSettings(parseConfig({ DROVER_GATEWAY_HOST: '0.0.0.0' }), state)).toThrow(
    'DROVER_OPERATOR_TOKENS',
  );
});
