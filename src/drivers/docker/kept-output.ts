import { Writable } from 'node:stream';
import { DrydockError } from '../../errors.ts';

const stdoutLimitBytes = 1024 * 1024;
const stderrLimitBytes = 64 * 1024;

/** Keeps stdout as text. Too much output is an error: an answer cut short would be wrong. */
export function keptStdout(what: string): { sink: Writable; text(): string } {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > stdoutLimitBytes) {
        done(new DrydockError('tool-failed', `${what} printed more than ${stdoutLimitBytes} bytes`));
      } else {
        chunks.push(chunk);
        done();
      }
    },
  });
  return { sink, text: () => Buffer.concat(chunks).toString() };
}

/** Keeps the end of stderr, however long it is. */
export function keptStderr(): { take(bytes: Buffer): void; text(): string } {
  let chunks: Buffer[] = [];
  let sizeBytes = 0;
  const end = () => Buffer.concat(chunks).subarray(-stderrLimitBytes);
  return {
    take(bytes) {
      chunks.push(bytes);
      sizeBytes += bytes.length;
      if (sizeBytes <= 2 * stderrLimitBytes) return;
      chunks = [Buffer.from(end())];
      sizeBytes = stderrLimitBytes;
    },
    text: () => end().toString(),
  };
}
