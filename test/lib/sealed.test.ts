/** Texts that only holders of a secret can read. */
import { seal, unseal } from '../../src/lib/sealed';

const SECRET = 'the-secret-of-all-agents';

it('opens with the same secret and about the same', () => {
  const sealed = seal('a log with ü\n', SECRET, 'mars/AgentA');
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('log');
  expect(unseal(sealed, SECRET, 'mars/AgentA')).toBe('a log with ü\n');
  expect(seal('a log with ü\n', SECRET, 'mars/AgentA')).not.toBe(sealed);
});

it('opens with nothing else', () => {
  const sealed = seal('text', SECRET, 'mars/AgentA');
  expect(() => unseal(sealed, `${SECRET}!`, 'mars/AgentA')).toThrow();
  expect(() => unseal(sealed, SECRET, 'mars/AgentB')).toThrow();
  expect(() => unseal(`${sealed.slice(0, -5)}AAAA=`, SECRET, 'mars/AgentA')).toThrow();
  expect(() => unseal('', SECRET, 'mars/AgentA')).toThrow();
});
