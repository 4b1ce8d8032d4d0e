/** A topology as a picture: agents as nodes, flows as edges; every node leads to its agent. */
import { type EdgeLabel, Graph, type GraphLabel, layout, type NodeLabel } from '@dagrejs/dagre';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { FleetView } from '../../contract/fleet';
import type { Flow } from '../state/flows';
import { linkTo } from '../state/route';

/** A fleet as the gateway shows it: with the picture of its topology, if it has one. */
export type ShownFleet = FleetView & { readonly topology?: Topology | null };

/** The agents of a topology, with its start, its end and people, and who may hand over to whom. */
export interface Topology {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** A node's height, and its width by the length of its name, in the units of the drawing. */
const NODE_HEIGHT = 30;
const widthOf = (name: string): number => 24 + Math.min(name.length, LONGEST_NAME) * 8;
/** A longer name is cut in the picture; its title is whole. */
const LONGEST_NAME = 24;
/** A long name loses its middle: names of a kind mostly differ at the end. */
const short = (name: string): string =>
  name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 9)}…${name.slice(-8)}` : name;

interface Placed {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly { name: string; x: number; y: number; width: number }[];
  readonly edges: readonly { key: string; path: string; middle: { x: number; y: number } }[];
}

function place({ nodes, edges }: Topology): Placed {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 40, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const name of nodes) graph.setNode(name, { width: widthOf(name), height: NODE_HEIGHT });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: graph.nodes().map((name) => {
      const { x = 0, y = 0, width: wide } = graph.node(name);
      return { name, x, y, width: wide };
    }),
    edges: graph.edges().map((edge) => {
      const points = graph.edge(edge).points ?? [];
      const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${String(x)} ${String(y)}`).join(' ');
      const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
      return { key: `${edge.v} ${edge.w}`, path, middle };
    }),
  };
}

/** The contents of the picture. */
export interface TopologyProps {
  readonly fleet: string;
  readonly topology: Topology;
  readonly stateOf: (agent: string) => string | undefined;
  readonly flows: readonly Flow[];
}

/**
 * The picture. `stateOf` says the state of an agent; undefined for the start, the end and people. `flows` are
 * the edges in use: thick, and with the number of branches that use them.
 */
export function TopologyPicture({ fleet, topology, stateOf, flows }: TopologyProps): JSX.Element {
  const key = JSON.stringify(topology);
  const placed = useMemo(() => place(topology), [key]);
  const live = new Map(flows.map((flow) => [`${flow.from} ${flow.to}`, flow]));
  const size = { width: placed.width, height: placed.height };
  return (
    <div class="scroll" role="region" aria-label="Topology" tabIndex={0}>
      <svg
        {...size}
        viewBox={`0 0 ${String(placed.width)} ${String(placed.height)}`}
        class="topology"
        aria-label="Agents and flows"
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerUnits="userSpaceOnUse"
            markerWidth="11"
            markerHeight="11"
            orient="auto-start-reverse"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {placed.edges.map(({ key: id, path, middle }) => (
          <Edge key={id} path={path} middle={middle} flow={live.get(id)} />
        ))}
        {placed.nodes.map((node) => (
          <Node key={node.name} {...node} fleet={fleet} state={stateOf(node.name)} />
        ))}
      </svg>
    </div>
  );
}

interface EdgeProps {
  readonly path: string;
  readonly middle: { readonly x: number; readonly y: number };
  readonly flow: Flow | undefined;
}

function Edge({ path, middle: { x, y }, flow }: EdgeProps): JSX.Element {
  if (flow === undefined) return <path d={path} class="edge" marker-end="url(#arrow)" />;
  return (
    <g class={flow.waits ? 'live waits' : 'live'}>
      <title>{flowText(flow)}</title>
      <path d={path} class="edge" marker-end="url(#arrow)" />
      <text x={x} y={y - 5} text-anchor="middle">
        {flow.waits ? '?' : ''}
        {flow.branches > 1 ? `×${String(flow.branches)}` : ''}
      </text>
    </g>
  );
}

/** A flow in use as a text. */
function flowText({ from, to, branches, waits }: Flow): string {
  const times = branches > 1 ? `, ${String(branches)} branches` : '';
  return `${from} → ${to}${times}${waits ? ', waits' : ''}`;
}

/** Flows that are named in words; the picture has all of them. */
const FLOWS_NAMED = 12;

/** The same as the thick edges, in words. */
export function FlowList({ flows }: { readonly flows: readonly Flow[] }): JSX.Element {
  return (
    <p role="status">
      {flows.length === 0 ? (
        <span class="quiet">No hand-over is under way.</span>
      ) : (
        <>
          Now: {flows.slice(0, FLOWS_NAMED).map(flowText).join('; ')}
          {flows.length > FLOWS_NAMED && `; and ${String(flows.length - FLOWS_NAMED)} more`}
        </>
      )}
    </p>
  );
}

interface NodeProps {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly fleet: string;
  readonly state: string | undefined;
}

function Node({ name, x, y, width, fleet, state }: NodeProps): JSX.Element {
  const box = (
    <g transform={`translate(${String(x - width / 2)} ${String(y - NODE_HEIGHT / 2)})`}>
      <title>{state === undefined ? name : `${name}: ${state}`}</title>
      <rect class={`node ${state ?? 'end'}`} width={width} height={NODE_HEIGHT} rx={state === undefined ? 15 : 5} />
      <text x={width / 2} y={NODE_HEIGHT / 2 + 5} text-anchor="middle">
        {short(name)}
      </text>
    </g>
  );
  if (state === undefined) return box;
  return (
    <a href={linkTo('agents', fleet, name)} aria-label={`${name}: ${state}`}>
      {box}
    </a>
  );
}
