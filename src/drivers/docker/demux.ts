import { Transform } from 'node:stream';
import { DrydockError } from '../../errors.ts';

const headerBytes = 8;
type Sink = (channel: 'stdout' | 'stderr', bytes: Buffer) => void;

/**
 * Separates the engine's multiplexed stream: readers get stdout, `onStderr` gets stderr. Unlike the library's own
 * demuxer, this one waits for slow readers, and fails on a malformed or incomplete frame.
 */
export function demux(onStderr: (bytes: Buffer) => void): Transform {
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(attempt(() => frames.take(chunk)));
    },
    flush(done) {
      done(attempt(() => frames.end()));
    },
  });
  const frames = frameReader((channel, bytes) => {
    if (channel === 'stdout') stream.push(bytes);
    else onStderr(bytes);
  });
  return stream;
}

/** The text of a complete multiplexed answer, both channels in their order of writing. */
export function demuxText(answer: Buffer): string {
  const parts: Buffer[] = [];
  const frames = frameReader((_channel, bytes) => parts.push(bytes));
  frames.take(answer);
  frames.end();
  return Buffer.concat(parts).toString();
}

function frameReader(sink: Sink): { take(chunk: Buffer): void; end(): void } {
  let header = Buffer.alloc(0);
  let channel: 'stdout' | 'stderr' = 'stdout';
  let left = 0;

  const take = (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headerBytes - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < headerBytes) return;
        ({ channel, left } = parseHeader(header));
        header = Buffer.alloc(0);
      } else {
        const payload = rest.subarray(0, left);
        rest = rest.subarray(left);
        left -= payload.length;
        sink(channel, payload);
      }
    }
  };
  const end = (): void => {
    if (left > 0 || header.length > 0) {
      throw new DrydockError('unavailable', 'the output of a container ended in the middle of a frame');
    }
  };
  return { take, end };
}

/** Frame: channel (0 and 1 are stdout, 2 stderr), three zero bytes, length as big-endian 32 bits. */
function parseHeader(header: Buffer): { channel: 'stdout' | 'stderr'; left: number } {
  const kind = header.readUInt8(0);
  if (kind > 2 || header.readUIntBE(1, 3) !== 0) {
    throw new DrydockError('tool-failed', 'the output of a container is not the multiplexed stream it should be');
  }
  return { channel: kind === 2 ? 'stderr' : 'stdout', left: header.readUInt32BE(4) };
}

function attempt(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (error) {
    return error as Error;
  }
}
