/** `npm run format`: formats, sorts imports, and mends what can be mended safely. */
import { runTool } from './checks/tools.ts';

process.exitCode = await runTool('biome', [
  'check',
  '--write',
  ...(process.argv.length > 2 ? process.argv.slice(2) : ['.']),
]);
