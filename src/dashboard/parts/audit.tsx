/** Who did what to an agent, a fleet or a run, behind a click. */
import type { JSX } from 'preact';
import type { AuditEntry } from '../../contract/caller/audit';
import { useObject } from '../state/object';
import { mayAct } from '../state/session';
import { Loaded } from './loaded';
import { OnClick } from './on-click';
import { Age } from './words';

/** The subject of the entries. */
export interface AuditProps {
  readonly fleet: string;
  readonly agent?: string;
  readonly run?: string;
}

interface Trail {
  readonly items: readonly AuditEntry[];
  readonly unread: number;
  readonly problem: string | null;
}

/** The section with its button; nothing for a viewer, who may not read it. */
export function Audit(props: AuditProps): JSX.Element | null {
  if (!mayAct('operator')) return null;
  return (
    <OnClick title="Who did what">
      <Entries {...props} />
    </OnClick>
  );
}

function Entries({ fleet, agent, run }: AuditProps): JSX.Element {
  const more = agent === undefined ? (run === undefined ? '' : `&run=${run}`) : `&agent=${agent}`;
  const shown = useObject<Trail>(`/v1/audit?fleet=${fleet}${more}`);
  return (
    <Loaded of={shown}>
      {({ items, unread, problem }) => (
        <>
          {items.length === 0 && <p class="quiet">Nothing in the last 24 hours.</p>}
          {problem !== null && <p class="quiet">Only what went through this gateway: {problem}</p>}
          {unread > 0 && <p class="quiet">{unread} workflows were not asked, or did not answer.</p>}
          <ol class="log" reversed>
            {items.map(({ at, who, from, method, path, source, status, code, requestId }) => (
              <li key={`${at} ${requestId ?? path}`}>
                <Age at={at} /> ago: {who ?? 'no valid token'} from {from ?? 'unknown'}: {source && 'drover '}
                {method} {path}
                {source === undefined && `, ${String(code ?? status)}`}
                {requestId !== null && <span class="quiet">, request {requestId}</span>}
              </li>
            ))}
          </ol>
        </>
      )}
    </Loaded>
  );
}
