/** The address behind the `#`: a screen, its object, and what a table is sorted and filtered by, so that a link shows the same. */
import { signal } from '@preact/signals';

/** `path` is split at slashes; `query` has the settings of tables. */
export interface Route {
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

function read(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return {
    path: path.split('/').filter(Boolean).map(decodeURIComponent),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** Where the page is. */
export const route = signal<Route>(read());

addEventListener('hashchange', () => (route.value = read()));

/** The address of a screen. */
export function linkTo(...path: readonly string[]): string {
  return `#/${path.map(encodeURIComponent).join('/')}`;
}

/** Changes a setting of the address in place; an empty value removes it. */
export function setQuery(name: string, value: string): void {
  const query = { ...route.value.query, [name]: value };
  const kept = Object.entries(query).filter(([, text]) => text !== '');
  const search = new URLSearchParams(kept).toString();
  replaceAddress(`${linkTo(...route.value.path)}${search === '' ? '' : `?${search}`}`);
}

/** Goes to another address without a new entry of the history. */
export function replaceAddress(address: string): void {
  history.replaceState(null, '', address);
  route.value = read();
}
