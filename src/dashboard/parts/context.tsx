/** The context that an agent adds to its question. */
import type { JSX } from 'preact';
import { plainText } from '../../contract/text';

/** A text; of an object, each field with its text; nothing for null. */
export function Context({ of: context }: { readonly of: unknown }): JSX.Element | null {
  if (context === null || context === undefined) return null;
  if (typeof context !== 'object' || Array.isArray(context)) return <pre class="quiet">{plainText(context)}</pre>;
  return (
    <dl class="context">
      {Object.entries(context).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <pre>{plainText(value)}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}
