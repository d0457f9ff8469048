export function describeAddresses(addresses: Readonly<Record<string, string>>): string[] {
  const width = Math.max(0, ...Object.keys(addresses).map((name) => name.length));
  return Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(width)}  ${address}`);
}
