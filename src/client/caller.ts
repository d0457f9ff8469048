import { userInfo } from 'node:os';

/** The user of the command, as this machine knows. Without the machine: a person is the same on all machines. */
export function caller(): string {
  return userInfo().username.slice(0, 100);
}
