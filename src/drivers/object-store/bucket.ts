import type { S3Client } from '@aws-sdk/client-s3';
import { DrydockError } from '../../errors.ts';

/** A bucket below one prefix, for the parts of this driver. */
export interface Bucket {
  client: S3Client;
  bucket: string;
  region: string;
  /** '' or a folder that ends with a slash. */
  root: string;
}

/** The full name of a key; refuses a key that would leave the prefix. */
export function fullKey(s3: Bucket, key: string): string {
  return s3.root + checkKey(key);
}

/** Only whole path segments count, so that `sets/1` never reaches into `sets/10`. */
export function asFolder(prefix: string): string {
  const path = prefix.replace(/^\/+|\/+$/g, '');
  return path === '' ? '' : `${checkKey(path)}/`;
}

function checkKey(key: string): string {
  const segments = key.split('/');
  if (segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')) return key;
  throw new DrydockError('invalid-input', `object key "${key}" has an empty, "." or ".." segment`);
}
