/** CHANGELOG.md: the kinds of change of each version, each once, and no entry twice. */

import { page } from './pages';

const KINDS = ['Added', 'Changed', 'Fixed', 'Removed'];
const versions = page('CHANGELOG.md').split(/^## /m).slice(1);

/** The bullets of a version, each on one line. */
const entries = (version: string) =>
  version
    .split(/^- /m)
    .slice(1)
    .map((entry) =>
      entry
        .split(/\n(?=\n|#)/)[0]!
        .replace(/\s+/g, ' ')
        .trim(),
    );

const twice = (texts: readonly string[]) => texts.filter((one, at) => texts.indexOf(one) !== at);

describe('the changelog', () => {
  it.each(versions.map((version) => [version.split('\n')[0]!, version] as const))('of %s', (_title, version) => {
    const kinds = [...version.matchAll(/^### (.*)$/gm)].map(([, kind]) => kind!);
    expect(kinds.filter((kind) => !KINDS.includes(kind))).toEqual([]);
    expect(twice(kinds)).toEqual([]);
    for (const kind of version.split(/^### /m).slice(1))
      expect(twice([...kind.matchAll(/^#### (.*)$/gm)].map(([, subject]) => subject!))).toEqual([]);
    expect(twice(entries(version))).toEqual([]);
  });

  it('has entries', () => {
    expect(versions.flatMap(entries).length).toBeGreaterThan(50);
  });
});
