/**
 * Makes the pictures in docs/images from a real `drover up`: those of the dashboard and those of Temporal's Web UI.
 * `npm run screenshots -- dashboard` makes those of the dashboard only; with `all` each of its screens is also written to
 * .cache/screenshots, at two widths, light and dark; `scenes` writes only those of made-up data: empty, very long, lost. Needs Chromium: `CHROMIUM`, or `chromium` on PATH; as root on
 * Debian it is installed where it is missing.
 */
import { dashboardPictures } from './screenshots/dashboard.mjs';
import { scenePictures } from './screenshots/scenes.mjs';
import { temporalPictures } from './screenshots/temporal.mjs';

const asked = process.argv.slice(2);
const isWanted = (name) =>
  asked.includes(name) || !['dashboard', 'scenes', 'temporal'].some((one) => asked.includes(one));
if (isWanted('dashboard')) await dashboardPictures(asked.includes('all'));
if (asked.includes('scenes') || asked.includes('all')) await scenePictures();
if (isWanted('temporal')) await temporalPictures();
