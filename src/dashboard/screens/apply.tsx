/** Another specification for a fleet: edited, planned as a list of differences, then applied. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FleetView, PlanResult } from '../../contract/fleet';
import { Action } from '../parts/action';
import { call } from '../state/api';

/** The button with its editor. */
export function ApplyAction({ fleet, spec, revision }: Pick<FleetView, 'fleet' | 'spec' | 'revision'>): JSX.Element {
  const [text, setText] = useState<string | null>(null);
  const [plan, setPlan] = useState<{ text: string; result: PlanResult } | null>(null);
  const edited = text ?? JSON.stringify(spec, null, 2);

  async function run(key: string): Promise<unknown> {
    const body = { spec: parsed(edited) };
    // The second press applies exactly the plan that the person has seen.
    if (plan?.text !== edited) {
      setPlan({ text: edited, result: await call<PlanResult>('PUT', `/v1/fleets/${fleet}?dryRun=true`, body) });
      return 'This is the plan above. Press the button again to apply it.';
    }
    await call('PUT', `/v1/fleets/${fleet}?expectRevision=${String(revision)}`, body, key);
    setText(null);
    setPlan(null);
    return undefined;
  }

  return (
    <Action label="Edit and apply" command="drover apply -f fleet.yaml" role="admin" run={run}>
      <label>
        Specification, as JSON
        <textarea rows={14} spellcheck={false} value={edited} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      {plan?.text === edited && <Plan result={plan.result} />}
    </Action>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the specification is not JSON: ${why}`, { cause: error });
  }
}

function Plan({ result }: { readonly result: PlanResult }): JSX.Element {
  const { changes, settings, differences = [], unmet = [], unchecked = [] } = result;
  if (changes.length === 0 && settings.length === 0) return <p>Nothing differs.</p>;
  return (
    <ul aria-label="Plan">
      {changes.map(({ kind, agent, fields }) => (
        <li key={agent}>
          {kind} {agent} {fields.length > 0 && `(${fields.join(', ')})`}
        </li>
      ))}
      {settings.map((name) => (
        <li key={name}>setting {name}</li>
      ))}
      {differences.map(({ agent, field, old, new: next }) => (
        <li key={`${agent ?? ''} ${field}`}>
          <code>
            {agent === null ? '' : `${agent}: `}
            {field}: {old ?? 'unset'} → {next ?? 'unset'}
          </code>
        </li>
      ))}
      {unmet.map(({ agent, why }) => (
        <li key={`unmet ${agent}`}>
          missing for {agent}: {why}
        </li>
      ))}
      {unchecked.map((why) => (
        <li key={why}>not checked: {why}</li>
      ))}
    </ul>
  );
}
