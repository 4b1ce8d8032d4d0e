/** Lists of more than one page. This module does not load Temporal. */
import type { Page, PageOptions } from './visibility';

/** The largest page that the server gives. */
const MOST_OF_A_PAGE = 1_000;

/** Reads a list page by page: all of it, or its first `limit` items. */
export async function allPages<T>(
  page: (options: PageOptions) => Promise<Page<T>>,
  limit: number = Infinity,
): Promise<T[]> {
  const items: T[] = [];
  const pageSize = Math.min(limit, MOST_OF_A_PAGE);
  for (let pageToken: string | undefined; ;) {
    const { items: more, nextPageToken } = await page({ pageSize, ...(pageToken && { pageToken }) });
    items.push(...more);
    if (nextPageToken === null || items.length >= limit) return items.slice(0, limit);
    pageToken = nextPageToken;
  }
}
