/** Lists of more than one page. This module does not load Temporal. */
import type { Page, PageOptions } from './visibility';

/** Reads every page of a list. */
export async function allPages<T>(page: (options: PageOptions) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let pageToken: string | undefined; ;) {
    const { items: more, nextPageToken } = await page({ pageSize: 1_000, ...(pageToken && { pageToken }) });
    items.push(...more);
    if (nextPageToken === null) return items;
    pageToken = nextPageToken;
  }
}
