/** One fleet: its agents, its topology, its changes, and what may be done to all of it. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AgentListItem, AgentView } from '../../contract/agent';
import type { FleetView } from '../../contract/fleet';
import { fleetWorkflowId, provisionWorkflowId } from '../../contract/names';
import { Action } from '../parts/action';
import { Audit } from '../parts/audit';
import { Facts, usageText } from '../parts/facts';
import { shellWord } from '../parts/shell-word';
import { type Column, Table } from '../parts/table';
import { FlowList, type ShownFleet, TopologyPicture, type TopologyProps } from '../parts/topology';
import { TemporalLink } from '../parts/temporal-link';
import { Age, Name, Problem, Reason, State } from '../parts/words';
import { call } from '../state/api';
import { useFlows } from '../state/open-runs';
import { agents } from '../state/lists';
import { lastBeatOf, type Looks, useLooks } from '../state/looks';
import { useObject } from '../state/object';
import { startRun } from '../state/start-run';
import { linkTo } from '../state/route';
import { ApplyAction } from './apply';

const COLUMNS: readonly Column<AgentListItem>[] = [
  {
    name: 'Agent',
    width: 17,
    sortBy: ({ name }) => name,
    show: ({ fleet, name }) => (
      <a href={linkTo('agents', fleet, name)}>
        <Name text={name} />
      </a>
    ),
  },
  { name: 'State', width: 12, sortBy: ({ phase }) => phase, show: ({ phase }) => <State word={phase} /> },
  {
    name: 'Runtime',
    width: 12,
    sortBy: ({ runtime }) => runtime,
    show: ({ runtime }) => <State word={runtime} />,
  },
  {
    name: 'Liveness',
    width: 11,
    sortBy: ({ liveness }) => liveness,
    show: ({ liveness }) => <State word={liveness} />,
  },
  { name: 'Holds', width: 11, sortBy: ({ holds }) => holds.join(), show: ({ holds }) => holds.join(', ') },
  {
    name: 'Why',
    width: 20,
    sortBy: ({ why }) => why ?? '',
    show: ({ why, problem }) => <Reason text={problem ?? why} />,
  },
  { name: 'Restarts', width: 10, sortBy: ({ restarts }) => restarts, show: ({ restarts }) => restarts },
  {
    name: 'Credential',
    width: 13,
    sortBy: ({ subscription }) => subscription ?? '',
    show: ({ subscription }) => <Name text={subscription ?? ''} />,
  },
  { name: 'Since', width: 8, sortBy: ({ since }) => since ?? '', show: ({ since }) => <Age at={since} /> },
];

/** The place of the column of reasons: numbers are before it. */
const WHY = COLUMNS.findIndex(({ name }) => name === 'Why');

/** What lists do not know, so the rows are not sorted by it. */
function lookColumns(looks: Looks): readonly Column<AgentListItem>[] {
  const turns = (name: string) => looks.get(name)?.turns;
  return [
    { name: 'Turns', width: 8, show: ({ name }) => turns(name)?.inFlight ?? UNKNOWN },
    { name: 'Queue', width: 8, show: ({ name }) => turns(name)?.queued ?? UNKNOWN },
    { name: 'Last beat', width: 8, show: ({ name }) => <LastBeat of={looks.get(name)} /> },
  ];
}

function LastBeat({ of: view }: { readonly of: AgentView | undefined }): JSX.Element {
  const at = view === undefined ? null : lastBeatOf(view);
  return at === null ? UNKNOWN : <Age at={at} />;
}

/** Beside them if an agent has reported usage. */
const USAGE: Column<AgentListItem> = {
  name: 'Cost',
  width: 8,
  sortBy: ({ usage }) => usage?.costUsd ?? 0,
  show: ({ usage }) => usage && <span title={usageText(usage) ?? ''}>${usage.costUsd.toFixed(2)}</span>,
};

const UNKNOWN = (
  <span class="quiet" title="unknown">
    -
  </span>
);

/** The fleet with its buttons. */
export function FleetScreen({ fleet }: { readonly fleet: string }): JSX.Element {
  const { value, problem } = useObject<ShownFleet>(`/v1/fleets/${fleet}`);
  const rows = agents.read.value.items.filter((item) => item.fleet === fleet);
  const [inSight, setInSight] = useState<readonly string[]>([]);
  const answering = rows.flatMap(({ name, phase }) => (inSight.includes(name) && phase !== 'unknown' ? [name] : []));
  const looks = useLooks(fleet, answering);
  const columns = [...COLUMNS.slice(0, WHY), ...lookColumns(looks), ...COLUMNS.slice(WHY)];
  const states = new Map(rows.map(({ name, phase }) => [name, phase]));
  return (
    <>
      <h1>{fleet}</h1>
      <Problem text={problem} />
      {value !== null && <Controls view={value} />}
      {value !== null && (
        <Facts
          of={{
            Revision: value.revision,
            Holds: value.holds.map(({ name, reason }) => (reason === null ? name : `${name} (${reason})`)).join(', '),
            Usage: usageText(value.usage),
            Workflow: <TemporalLink id={fleetWorkflowId(fleet)} />,
          }}
        />
      )}
      <h2>Agents</h2>
      <Table
        label="Agents"
        rows={rows}
        columns={rows.some(({ usage }) => usage !== undefined) ? [...columns, USAGE] : columns}
        onDrawn={setInSight}
        keyOf={({ name }) => name}
        isRead={agents.read.value.readAt !== null}
        empty="The fleet has no agent."
      />
      {value?.topology && (
        <>
          <h2>Topology</h2>
          <Topology fleet={fleet} topology={value.topology} stateOf={(agent) => states.get(agent)} />
        </>
      )}
      {value?.change && <Change fleet={fleet} view={value.change} />}
      <Audit fleet={fleet} />
    </>
  );
}

function Topology(props: Omit<TopologyProps, 'flows'>): JSX.Element {
  const { value, problem } = useFlows(props.fleet);
  return (
    <>
      <Problem text={problem} />
      <TopologyPicture {...props} flows={value ?? []} />
      {value !== null && <FlowList flows={value} />}
    </>
  );
}

function Controls({ view }: { readonly view: FleetView }): JSX.Element {
  const { fleet, change } = view;
  const [task, setTask] = useState('');
  const post = (path: string) => (key: string) => call('POST', path, {}, key);
  const base = `/v1/fleets/${fleet}`;
  return (
    <p class="buttons">
      <Action
        label="Start a run"
        command={`drover run ${fleet} ${shellWord(task)}`}
        run={(key) => startRun(fleet, task, key)}
      >
        <label>
          Task <textarea required rows={3} value={task} onInput={(event) => setTask(event.currentTarget.value)} />
        </label>
      </Action>
      <Action label="Pause" command={`drover pause --fleet ${fleet}`} run={post(`${base}/pause`)} />
      <Action label="Resume" command={`drover resume --fleet ${fleet}`} run={post(`${base}/resume`)} />
      <ApplyAction {...view} />
      {change?.state === 'running' && (
        <Action
          label="Cancel the change"
          command={`drover cancel ${fleet}`}
          role="admin"
          run={post(`${base}/cancel`)}
        />
      )}
      {change?.state === 'failed' && (
        <Action
          label="Undo again"
          command={`drover compensate ${fleet}`}
          role="admin"
          run={post(`${base}/compensate`)}
        />
      )}
      <Action
        label="Destroy"
        isGrave
        command={`drover destroy ${fleet}`}
        role="admin"
        run={(key) => call('DELETE', base, undefined, key)}
      >
        <p>Every agent of {fleet} ends, with its process or container.</p>
      </Action>
    </p>
  );
}

interface ChangeProps {
  readonly fleet: string;
  readonly view: NonNullable<FleetView['change']>;
}

function Change({ fleet, view }: ChangeProps): JSX.Element {
  const { state, revision, steps, agents: changed, error, compensation } = view;
  return (
    <>
      <h2>Change to revision {revision}</h2>
      <p>
        <TemporalLink id={provisionWorkflowId(fleet, revision)} />
      </p>
      <p>
        <State word={state} /> {steps.ready} of {steps.total} ready <Reason text={error} />
      </p>
      <ul>
        {changed.map(({ agent, kind, step, error: why }) => (
          <li key={agent}>
            {kind} {agent}: {step.replaceAll('_', ' ')} <Reason text={why} />
          </li>
        ))}
        {compensation?.entries.map(({ key, name, outcome, error: why }) => (
          <li key={key}>
            undo {name}: {outcome.replaceAll('_', ' ')} <Reason text={why} />
          </li>
        ))}
      </ul>
    </>
  );
}
