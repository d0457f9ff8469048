import { expect, test } from 'vitest';
import { Manifest } from '../../../src/contracts/manifest.ts';
import { isWhole, refuseCapture } from '../../../src/model/sets/whole-sets.ts';
import { aCapture, aManifest } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const capture = aCapture('20261121T113000Z-00000001', ['queue']);

test('a set that leaves no store out is whole, also one from before there were captures', () => {
  expect(isWhole(aManifest())).toBe(true);
  expect(isWhole(Manifest.parse(JSON.parse(JSON.stringify(aManifest()))))).toBe(true);
  expect(isWhole(capture)).toBe(false);
});

test('nothing is brought back from a capture alone, and the refusal says what to do', () => {
  expect(() => refuseCapture(aManifest(), 'restore pharma')).not.toThrow();
  expect(refusalFrom(() => refuseCapture(capture, 'restore pharma'))).toMatchObject({
    code: 'refused',
    message: `restore pharma from set ${capture.set}: it is a capture`,
    problems: [expect.stringContaining('a capture of queue')],
  });
});
