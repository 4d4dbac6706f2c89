#!/usr/bin/env node
// The command, from the sources of this checkout: `npx prodwork ...`. The published package runs dist/main.js.
import process from 'node:process';

process.argv.splice(2, 0, 'prodwork');
await import('../../../compose/run/bootstrap.mjs');
