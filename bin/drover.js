#!/usr/bin/env node
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '../dist/cli/main.js');
const setup = join(__dirname, '../scripts/setup.mjs');

// Only in a fresh checkout: a published package always brings its dist/.
if (!existsSync(main) && existsSync(setup)) {
  const { status } = spawnSync(process.execPath, [setup], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

require(main);
