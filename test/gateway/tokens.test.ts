import { agentToken } from '../../src/contract/agent-token';
import { Tokens } from '../../src/gateway/tokens';

const SECRET = 'the secret of the agents';
const tokens = new Tokens(['operator-one', 'operator-two'], SECRET);
const a = { fleet: 'f', agent: 'a' };
const b = { fleet: 'f', agent: 'b' };
const bearer = (token: string) => `Bearer ${token}`;

describe('an operator', () => {
  it.each(['operator-one', 'operator-two'])('%s may make every call', (token) => {
    expect(() => tokens.require(bearer(token))).not.toThrow();
    expect(() => tokens.require(bearer(token), a)).not.toThrow();
  });
});

describe('an agent', () => {
  const own = bearer(agentToken(SECRET, 'f', 'a'));

  it('may make its own calls', () => {
    expect(() => tokens.require(own, a)).not.toThrow();
  });

  it("opens nothing of another's and nothing of the operators'", () => {
    expect(() => tokens.require(own, b)).toThrow(expect.objectContaining({ code: 'Forbidden' }));
    expect(() => tokens.require(own)).toThrow(expect.objectContaining({ code: 'Forbidden' }));
  });

  it('has another token in another installation', () => {
    expect(() => tokens.require(bearer(agentToken('another secret', 'f', 'a')), a)).toThrow(
      expect.objectContaining({ code: 'Forbidden' }),
    );
  });
});

it.each([undefined, '', 'operator-one', 'Basic b3BlcmF0b3Itb25l', 'Bearer '])(
  'no token is Unauthorized: %s',
  (header) => {
    expect(() => tokens.require(header)).toThrow(expect.objectContaining({ code: 'Unauthorized' }));
  },
);

it.each(['operator', 'operator-one ', 'operator-one2', 'OPERATOR-ONE'])('a wrong token is Forbidden: %s', (token) => {
  const header = bearer(token.replace(' ', 'x'));
  expect(() => tokens.require(header)).toThrow(expect.objectContaining({ code: 'Forbidden' }));
});
