import { agentToken } from '../../../src/contract/agent/token';
import { DroverError } from '../../../src/contract/errors';
import { Tokens } from '../../../src/gateway/access/tokens';

const SECRET = 'the secret of the agents';
const tokens = new Tokens(['operator-one', 'operator-two'], SECRET);
const a = { fleet: 'f', agent: 'a' };
const b = { fleet: 'f', agent: 'b' };
const bearer = (token: string) => `Bearer ${token}`;

/** The refusal of a call with that header: null, or the code of the error. */
function met(header: string | undefined, agent?: typeof a): string | null {
  try {
    tokens.require(header, agent);
    return null;
  } catch (error) {
    return error instanceof DroverError ? error.code : String(error);
  }
}

describe('an operator', () => {
  it.each(['operator-one', 'operator-two'])('%s may make every call', (token) => {
    expect(met(bearer(token))).toBeNull();
    expect(met(bearer(token), a)).toBeNull();
  });
});

describe('an agent', () => {
  const own = bearer(agentToken(SECRET, 'f', 'a'));

  it('may make its own calls', () => {
    expect(met(own, a)).toBeNull();
  });

  it("opens nothing of another's and nothing of the operators'", () => {
    expect(met(own, b)).toBe('Forbidden');
    expect(met(own)).toBe('Forbidden');
  });

  it('has another token in another installation', () => {
    expect(met(bearer(agentToken('another secret', 'f', 'a')), a)).toBe('Forbidden');
  });
});

it.each([undefined, '', 'operator-one', 'Basic b3BlcmF0b3Itb25l', 'Bearer '])(
  'no token is Unauthorized: %s',
  (header) => {
    expect(met(header)).toBe('Unauthorized');
  },
);

it.each(['operator', 'operator-one2', 'OPERATOR-ONE'])('a wrong token is Forbidden: %s', (token) => {
  expect(met(bearer(token))).toBe('Forbidden');
});
