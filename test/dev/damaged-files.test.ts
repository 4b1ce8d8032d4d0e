/** Every file that the state directory keeps, and everything that it may turn out to be: an error with its path, or as if it were not there. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { owned } from '../../src/dev/claim';
import { endOrphan } from '../../src/dev/embedded';
import { makeSpecSecrets, openStateDirectory, type StateDirectory } from '../../src/dev/state-dir';
import { lockStateDirectory, readUpState, unlockStateDirectory, writeUpState } from '../../src/dev/up-state';

let root: string;
let folder: string;
/** The files of the first start; each test begins with a copy. */
let made: string;

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'drover-files-'));
  await openStateDirectory(made);
  makeSpecSecrets(made);
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drover-files-'));
  folder = join(root, '.drover');
  cpSync(made, folder, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
afterAll(() => rmSync(made, { recursive: true, force: true }));

const CONTENTS = {
  'zero bytes': '',
  'an empty line': '\n',
  NULs: '\0'.repeat(64),
  'garbage text': 'no such thing, sorry\n',
  'half a JSON': '{"pid": 1, "grpc": 12',
  'JSON of another shape': '{"pid": "1", "startTime": 7, "grpc": "x", "ui": -1, "gateway": 70000}',
  'JSON null': 'null',
  'a JSON list': '[1, 2, 3]',
} as const;
type Content = keyof typeof CONTENTS;
const contents = Object.keys(CONTENTS) as Content[];

function damage(name: string, content: string): string {
  const file = join(folder, name);
  rmSync(file, { recursive: true, force: true });
  writeFileSync(file, content);
  return file;
}

const SECRETS = ['token', 'agent-secret', 'spec-secret'] as const;
const TEXTS = [...SECRETS, 'installation', 'host'] as const;

describe.each(TEXTS)('%s', (name) => {
  // A machine may be called so.
  const wrong = contents.filter((content) => name !== 'host' || content !== 'JSON null');
  test.each(wrong)('of %s: an error with its path and the way out, and the file stays', async (content) => {
    const file = damage(name, CONTENTS[content]);
    await expect(openStateDirectory(folder)).rejects.toThrow(`${file} `);
    await expect(openStateDirectory(folder)).rejects.toThrow('remove it');
    expect(readFileSync(file, 'utf8')).toBe(CONTENTS[content]);
  });

  test('that a person has written back, with the line end of an editor', async () => {
    const before = await openStateDirectory(folder);
    damage(name, `${readFileSync(join(folder, name), 'utf8')}\n`);
    expect(await openStateDirectory(folder)).toEqual(before);
  });
});

test('a secret is never empty and never guessable, with any content of the file', async () => {
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^\s*$/), fc.base64String());
  const names = fc.constantFrom(...SECRETS);
  await fc.assert(
    fc.asyncProperty(names, anything, async (name, content) => {
      const kept = readFileSync(join(folder, name));
      damage(name, content);
      const opened = await openStateDirectory(folder).catch((error: unknown) => String(error));
      writeFileSync(join(folder, name), kept);
      if (typeof opened === 'string') expect(opened).toContain(join(folder, name));
      else expect(secretOf(opened, name)).toMatch(name === 'spec-secret' ? /^\S{32,}$/ : /^\S{16,}$/);
    }),
    { numRuns: 60 },
  );
});

function secretOf(state: StateDirectory, name: (typeof SECRETS)[number]): string | undefined {
  const { token, agentSecret, specSecrets } = state;
  return { token, 'agent-secret': agentSecret, 'spec-secret': specSecrets?.[0] }[name];
}

describe('ports.json', () => {
  test.each(contents)('of %s: drawn again if no agent knows them', async (content) => {
    damage('ports.json', CONTENTS[content]);
    const { ports } = await openStateDirectory(folder);
    expect(new Set(Object.values(ports)).size).toBe(3);
    expect((await openStateDirectory(folder)).ports).toEqual(ports);
  });

  test.each(contents)('of %s: an error with its path if an agent may', async (content) => {
    mkdirSync(join(folder, 'agents/key'), { recursive: true });
    const file = damage('ports.json', CONTENTS[content]);
    await expect(openStateDirectory(folder)).rejects.toThrow(`${file} `);
    await expect(openStateDirectory(folder)).rejects.toThrow('remove it');
  });
});

describe('up.lock', () => {
  test.each(contents)('of %s is stale', (content) => {
    damage('up.lock', CONTENTS[content]);
    lockStateDirectory(folder);
    expect(owned(join(folder, 'up.lock'))?.pid).toBe(process.pid);
    unlockStateDirectory(folder);
    expect(readdirSync(folder).sort()).toEqual(readdirSync(made).sort());
  });
});

describe('temporal.pid', () => {
  test.each(contents)('of %s names no server', async (content) => {
    damage('temporal.pid', CONTENTS[content]);
    await endOrphan(folder);
    expect(owned(join(folder, 'temporal.pid'))).toBeUndefined();
  });
});

describe('up.json', () => {
  test.each(contents)('of %s: as if it were not there while none runs, else an error with its path', (content) => {
    const file = damage('up.json', CONTENTS[content]);
    expect(readUpState(folder)).toBeUndefined();
    lockStateDirectory(folder);
    expect(() => readUpState(folder)).toThrow(`${file} `);
    expect(() => lockStateDirectory(folder)).toThrow(`process ${String(process.pid)}`);
    unlockStateDirectory(folder);
  });
});

const ALL = [...TEXTS, 'ports.json', 'up.lock', 'up.json', 'temporal.pid'] as const;

/** Every operation on a file; each error names the path. */
async function useAll(): Promise<unknown> {
  await openStateDirectory(folder);
  lockStateDirectory(folder);
  await endOrphan(folder);
  return readUpState(folder);
}

test.each(ALL)('%s that is a directory is an error with its path', async (name) => {
  rmSync(join(folder, name), { force: true });
  mkdirSync(join(folder, name));
  await expect(useAll()).rejects.toThrow(`${join(folder, name)} cannot be read: it is a directory`);
});

test.each(ALL)('%s that cannot be read is an error with its path', async (name) => {
  rmSync(join(folder, name), { force: true });
  symlinkSync(name, join(folder, name));
  await expect(useAll()).rejects.toThrow(join(folder, name));
});

test('a directory of another user is said to be that', () => {
  writeUpState(folder, {
    pid: process.pid,
    temporal: 'a:1',
    namespace: 'default',
    gateway: 'http://b:2',
    webUi: null,
    tokenFile: 'token',
  });
  chmodSync(root, 0o755);
  chmodSync(folder, process.getuid?.() === 0 ? 0o700 : 0);
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65_534);
  try {
    expect(() => readUpState(folder)).toThrow('up.json cannot be read: this user may not (EACCES)');
  } finally {
    if (user === 0) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
});

test('nothing is left over beside what is kept', async () => {
  await useAll();
  unlockStateDirectory(folder);
  expect(readdirSync(folder).sort()).toEqual([...TEXTS, 'ports.json'].sort());
});
