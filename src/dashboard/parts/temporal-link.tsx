/** A link to a workflow in Temporal's Web UI. */
import type { JSX } from 'preact';
import { session } from '../state/api';

/** The link; nothing if the gateway does not know the address of the UI. */
export function TemporalLink({ id }: { readonly id: string }): JSX.Element | null {
  const base = session.value?.temporalUi ?? null;
  if (base === null) return null;
  return (
    <a href={`${base}/${encodeURIComponent(id)}`} target="_blank" rel="noreferrer">
      {id} in Temporal
    </a>
  );
}
