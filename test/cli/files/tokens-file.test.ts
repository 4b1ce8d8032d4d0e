/** The tokens file: what `token create` writes, and what a gateway makes of it while it changes. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addToken, removeToken, tokensIn } from '../../../src/cli/files/tokens-file';
import { followTokensFile } from '../../../src/gateway/access/tokens-file';
import { until } from '../../../src/lib/until';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-tokens-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Follows a file, and collects what it says. */
function followed(path: string) {
  const said: string[] = [];
  const file = followTokensFile(path, { notice: (sentence) => said.push(sentence), everyMs: 10 });
  return { file, said, names: () => file.tokens().map(({ name }) => name) };
}

async function met(isSo: () => boolean): Promise<void> {
  expect(await until(() => isSo() || undefined, 30_000)).toBe(true);
}

describe('token create', () => {
  it('writes the hash for its owner only, keeps comments, and numbers names', () => {
    const path = join(folder, 'tokens.yaml');
    const first = addToken(path, { role: 'viewer', fleets: ['mars', 'venus'] });
    writeFileSync(path, `# who is on call\n${readFileSync(path, 'utf8')}`);
    const second = addToken(path, { role: 'viewer', fleets: null });
    const third = addToken(path, { role: 'admin', fleets: null, name: 'alice' });
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('# who is on call');
    for (const { token } of [first, second, third]) {
      expect(token.length).toBeGreaterThan(40);
      expect(text).not.toContain(token);
      expect(text).toContain(createHash('sha256').update(token).digest('hex'));
    }
    expect(statSync(path).mode & 0o077).toBe(0);
    const { file } = followed(path);
    expect(file.tokens().map(({ name, role, fleets }) => ({ name, role, fleets }))).toEqual([
      { name: 'viewer-1', role: 'viewer', fleets: ['mars', 'venus'] },
      { name: 'viewer-2', role: 'viewer', fleets: null },
      { name: 'alice', role: 'admin', fleets: null },
    ]);
    file.stop();
  });

  it.each([
    ['a name in use', 'tokens: []', { role: 'viewer', fleets: null, name: 'alice' }, /duplicate name "alice"/],
    ['a name that is not one', '', { role: 'viewer', fleets: null, name: '7' }, /tokens\.\d\.name/],
    ['a fleet that is not one', '', { role: 'viewer', fleets: ['a b'] }, /fleets\.0/],
    ['a broken file', 'tokens: [', { role: 'viewer', fleets: null }, /tokens\.yaml/],
    ['a file of something else', 'kind: Fleet', { role: 'viewer', fleets: null }, /kind: unknown key/],
  ] as const)('refuses %s, and leaves the file as it is', (_what, text, request, words) => {
    const path = join(folder, 'tokens.yaml');
    writeFileSync(path, text);
    if (text === 'tokens: []') addToken(path, { role: 'admin', fleets: null, name: 'alice' });
    const before = readFileSync(path, 'utf8');
    expect(() => addToken(path, request)).toThrow(words);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});

describe('token list and token revoke', () => {
  it('list the file in its order, and remove one entry with its comment alone', () => {
    const path = join(folder, 'tokens.yaml');
    expect(tokensIn(path)).toEqual([]);
    for (const name of ['alice', 'bob', 'carol']) addToken(path, { role: 'viewer', fleets: null, name });
    writeFileSync(
      path,
      `# on call\n${readFileSync(path, 'utf8').replace('  - name: bob', '  # until May\n  - name: bob')}`,
    );
    expect(removeToken(path, 'bob')).toMatchObject({ name: 'bob', role: 'viewer' });
    expect(tokensIn(path).map(({ name }) => name)).toEqual(['alice', 'carol']);
    expect(readFileSync(path, 'utf8')).toContain('# on call');
    expect(readFileSync(path, 'utf8')).not.toContain('until May');
    removeToken(path, 'carol');
    removeToken(path, 'alice');
    expect(tokensIn(path)).toEqual([]);
    // An emptied file takes further tokens.
    addToken(path, { role: 'admin', fleets: null });
    expect(tokensIn(path).map(({ name }) => name)).toEqual(['admin-1']);
  });

  it('refuse an unknown name with the known ones, and a broken file, which stays', () => {
    const path = join(folder, 'tokens.yaml');
    expect(() => removeToken(path, 'bob')).toThrow(/has no token "bob"; it has none/);
    addToken(path, { role: 'viewer', fleets: null, name: 'alice' });
    expect(() => removeToken(path, 'bob')).toThrow(/has no token "bob"; it has alice/);
    writeFileSync(path, 'tokens: [');
    expect(() => removeToken(path, 'alice')).toThrow(/tokens\.yaml/);
    expect(() => tokensIn(path)).toThrow(/tokens\.yaml/);
    expect(readFileSync(path, 'utf8')).toBe('tokens: [');
  });
});

describe('a gateway', () => {
  it('follows the file: made, changed, broken, gone, back', async () => {
    const path = join(folder, 'tokens.yaml');
    const { file, said, names } = followed(path);
    try {
      expect(names()).toEqual([]);
      addToken(path, { role: 'viewer', fleets: null });
      await met(() => names().length === 1);
      addToken(path, { role: 'admin', fleets: null });
      await met(() => names().length === 2);
      const { name } = addToken(path, { role: 'operator', fleets: null }).entry;
      await met(() => names().includes(name));
      removeToken(path, name);
      await met(() => names().length === 2);
      writeFileSync(path, 'tokens: [{name: x}]');
      await met(() => said.some((line) => line.includes('not a valid tokens file')));
      expect(said.at(-1)).toMatch(/tokens\.0\.role.*the previous 2 tokens stay valid/s);
      expect(names()).toEqual(['viewer-1', 'admin-1']);
      renameSync(path, `${path}.old`);
      await met(() => said.some((line) => line.includes('is gone')));
      expect(names()).toEqual(['viewer-1', 'admin-1']);
      addToken(path, { role: 'operator', fleets: null });
      await met(() => names().join() === 'operator-1');
    } finally {
      file.stop();
    }
  });

  it('does not start with a broken one', () => {
    const path = join(folder, 'tokens.yaml');
    writeFileSync(path, 'tokens: [{name: alice, role: root, sha256: short}]');
    expect(() => followed(path)).toThrow(/tokens\.0\.role.*tokens\.0\.sha256/s);
  });
});
