/** Removes a plane when whoever runs the tests is gone, however it went: its end closes our standard input. */
import { existsSync } from 'node:fs';
import { removePlane } from './plane.ts';

const [, , directory] = process.argv;
// Ctrl-C on the terminal reaches this process too, and must not end it.
process.on('SIGINT', () => {});
process.stdin.resume().once('end', async () => {
  if (directory !== undefined && existsSync(directory)) await removePlane(directory);
});
