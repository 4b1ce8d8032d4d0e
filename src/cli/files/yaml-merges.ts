/**
 * Merge keys of YAML (`<<: *defaults`): checks that they can be followed, and finds the place of a
 * merged value.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, visit, type YAMLMap } from 'yaml';
import type { YamlProblem } from './yaml-problem';

/**
 * The most maps that merges may copy in all. A file needs a handful, but merges of merges can grow
 * without bound from a few lines.
 */
const MOST_COPIES = 10_000;

const NOT_A_MAP = '<< takes an alias of a map, a map, or a list of these';
const IN_ITSELF = '<< merges a map into itself';
const TOO_MANY = `merges that copy more than ${String(MOST_COPIES)} maps`;

/** True for an unquoted pair `<<: …`. */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && typeof key.value === 'symbol' && key.value.description === '<<';
}

/**
 * The sources of a merge in order; undefined for a source that is not a map. The caller reports an
 * alias without an anchor.
 */
function sourcesOf(document: Document, { value }: Pair): (YAMLMap | undefined)[] {
  const target = isAlias(value) ? (value.resolve(document) ?? value) : value;
  const all = isSeq(target) ? target.items : [target];
  return all.map((source) => {
    const map = isAlias(source) ? source.resolve(document) : source;
    return isMap(map) ? map : undefined;
  });
}

/**
 * Merges that cannot be followed: of a value other than a map, of a map into itself, and too many.
 */
export function mergeProblems(document: Document): YamlProblem[] {
  const problems: YamlProblem[] = [];
  /** The number of maps that a copy of a map copies; null during the count. */
  const copies = new Map<unknown, number | null>();

  const tell = (pair: Pair, detail: string): void => {
    problems.push({ offset: isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0, detail });
  };

  function count(node: unknown): number {
    if (isSeq(node)) return node.items.reduce<number>((sum, item) => sum + count(item), 0);
    if (!isMap(node)) return 0;
    const known = copies.get(node);
    if (known !== undefined) return known ?? Infinity;
    copies.set(node, null);
    const sum = node.items.reduce((all, pair) => all + (isMerge(pair) ? merged(pair) : count(pair.value)), 1);
    copies.set(node, sum);
    return sum;
  }

  function merged(pair: Pair): number {
    const sources = sourcesOf(document, pair);
    if (sources.includes(undefined)) {
      tell(pair, NOT_A_MAP);
      return 0;
    }
    const sum = sources.reduce((all, source) => all + count(source), 0);
    if (sum === Infinity) tell(pair, IN_ITSELF);
    else if (sum > MOST_COPIES) tell(pair, TOO_MANY);
    // Reported once, when the limit is first exceeded.
    return sum > MOST_COPIES ? 0 : sum;
  }

  visit(document, {
    Map(_key, map) {
      count(map);
    },
  });
  return problems;
}

/** The pair of a map under a key: its own, or a merged one. */
export function pairOf(document: Document, map: YAMLMap, step: PropertyKey): Pair | undefined {
  const own = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (own) return own;
  for (const merge of map.items.filter(isMerge)) {
    for (const source of sourcesOf(document, merge)) {
      const found = source && pairOf(document, source, step);
      if (found) return found;
    }
  }
  return undefined;
}
