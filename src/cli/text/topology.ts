/** A topology drawn as text: a tree from Start, each node on the shortest path to it. */
import { START, type TopologyView } from '../../contract/fleet/topology';

/** A picture of thousands of lines helps no one: this many are drawn, the rest is counted. */
const MOST_LINES = 200;
const MEETING = '◆';

/** One line below a node: an edge from that node. */
interface Branching {
  readonly to: string;
  /** `→` one way, `↔` both ways, `↩` back to an ancestor. */
  readonly arrow: '→' | '↔' | '↩';
  /** Whether the node is drawn here with its subtree, or only named. */
  readonly isPlace: boolean;
}

/** The picture with a legend. Agents that no edge reaches come last. */
export function topologyText(topology: TopologyView): string {
  const { nodes, rendezvous } = topology;
  const meetings = new Set(rendezvous);
  const label = (node: string): string => (meetings.has(node) ? `${node} ${MEETING}` : node);
  const branchings = branchingsOf(topology);
  const lines = [START];
  const draw = (node: string, indent: string): void => {
    const below = branchings(node);
    below.forEach(({ to, arrow, isPlace }, index) => {
      const isLast = index === below.length - 1;
      const named = isPlace ? label(to) : arrow === '↩' ? to : `${label(to)} (see there)`;
      lines.push(`${indent}${isLast ? '└' : '├'}${arrow} ${named}`);
      if (isPlace) draw(to, `${indent}${isLast ? ' ' : '│'}  `);
    });
  };
  draw(START, '');
  const reached = placesOf(topology);
  const apart = nodes.filter((node) => node !== START && !reached.has(node));
  const shown =
    lines.length <= MOST_LINES
      ? lines
      : [
          ...lines.slice(0, MOST_LINES),
          `… and ${String(lines.length - MOST_LINES)} more lines (-o json has all of it)`,
        ];
  return [
    'TOPOLOGY',
    ...shown,
    ...(apart.length === 0 ? [] : [`not reached from Start: ${apart.join(', ')}`]),
    ...(meetings.size === 0 ? [] : [`${MEETING} rendezvous: several paths meet there`]),
  ].join('\n');
}

/** The parent of each node in the tree: the previous node on the shortest path. */
function placesOf({ edges }: TopologyView): ReadonlyMap<string, string | null> {
  const targets = targetsOf(edges);
  const places = new Map<string, string | null>([[START, null]]);
  // A map iterates in insertion order and includes entries that are added during the loop.
  for (const node of places.keys()) {
    for (const to of targets.get(node) ?? []) if (!places.has(to)) places.set(to, node);
  }
  return places;
}

/** The lines below a node. An edge in both directions is drawn once. */
function branchingsOf(topology: TopologyView): (node: string) => Branching[] {
  const targets = targetsOf(topology.edges);
  const places = placesOf(topology);
  const drawn = new Set<string>();
  const comesFrom = (node: string, ancestor: string): boolean => {
    for (let above = places.get(node); above; above = places.get(above)) if (above === ancestor) return true;
    return false;
  };
  return (node) =>
    [...(targets.get(node) ?? [])].flatMap((to): Branching[] => {
      if (drawn.has(`${to} ${node}`)) return [];
      const isMutual = targets.get(to)?.has(node) === true;
      if (isMutual) drawn.add(`${node} ${to}`);
      const isPlace = places.get(to) === node;
      const arrow = isMutual ? '↔' : !isPlace && comesFrom(node, to) ? '↩' : '→';
      return [{ to, arrow, isPlace }];
    });
}

function targetsOf(edges: TopologyView['edges']): ReadonlyMap<string, ReadonlySet<string>> {
  const targets = new Map<string, Set<string>>();
  for (const { from, to } of edges) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  return targets;
}
