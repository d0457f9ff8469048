import { userInfo } from 'node:os';

/** Who runs the command, as far as this machine knows. Without the machine: on another one it is the same person. */
export function caller(): string {
  return userInfo().username.slice(0, 100);
}
