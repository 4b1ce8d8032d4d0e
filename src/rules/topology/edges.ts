/** Reads flows: `A -> B` and `A <-> B`. */
import { NAME_PATTERN, NAME_RULE } from '../../contract/names';
import { END, START, USER } from '../../contract/fleet/topology';
import { type Line, problemAt, type TopologyProblem } from './problems';

/** One direction of a flow, with its line. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: Line;
}

/** The edges in the order of the flows, and the problems of their form. */
export function readEdges(lines: readonly Line[]): { edges: Edge[]; problems: TopologyProblem[] } {
  const edges: Edge[] = [];
  const problems: TopologyProblem[] = [];
  for (const line of lines) {
    const read = readLine(line);
    if (typeof read === 'string') problems.push(problemAt(line.place, `Invalid edge format: ${line.text}; ${read}`));
    else edges.push(...read);
  }
  return { edges, problems };
}

// The leftmost arrow counts, `<->` before `->`, so that names may contain dashes.
const FLOW = /^\s*(\S+?)\s*(<->|->)\s*(\S+?)\s*$/;

function readLine(line: Line): Edge[] | string {
  const match = FLOW.exec(line.text);
  const [, from, arrow, to] = match ?? [];
  if (from === undefined || to === undefined) return 'expected "A -> B" or "A <-> B"';
  const wrong = [from, to].find((name) => !NAME_PATTERN.test(name));
  if (wrong !== undefined) {
    return `invalid name "${wrong}": use ${NAME_RULE}`;
  }
  const there = { from, to, line };
  return arrow === '->' ? [there] : [there, { from: to, to: from, line }];
}

/** The problems of edges that no topology may have. */
export function edgeProblems(edges: readonly Edge[], nodes: ReadonlySet<string>): TopologyProblem[] {
  const problems = edges.flatMap((edge) => {
    const why = refusal(edge, nodes);
    return why === undefined ? [] : [problemAt(edge.line.place, `${why}: ${edge.line.text.trim()}`)];
  });
  // `A <-> B` is two edges; a problem of both is reported once.
  const seen = new Set<string>();
  return problems.filter(({ path, message }) => !seen.has(`${path} ${message}`) && seen.add(`${path} ${message}`));
}

function refusal({ from, to }: Edge, nodes: ReadonlySet<string>): string | undefined {
  const unknown = [from, to].find((node) => !nodes.has(node));
  if (unknown !== undefined) return `Unknown node "${unknown}" in edge`;
  if (from === to) return `Edge from "${from}" to itself`;
  if (to === START) return 'Start cannot have an incoming edge';
  if (from === END) return 'End cannot have an outgoing edge';
  if (from === START && (to === END || to === USER)) return `Start leads to agents, not to ${to}`;
  return undefined;
}

/** The successors of every node, in the order of the flows, without duplicates. */
export function successorsOf(nodes: Iterable<string>, edges: readonly Edge[]): Record<string, string[]> {
  const sets = new Map([...nodes].map((node) => [node, new Set<string>()]));
  for (const { from, to } of edges) sets.get(from)?.add(to);
  return Object.fromEntries([...sets].map(([node, targets]) => [node, [...targets]]));
}
