import { setTimeout as sleep } from 'node:timers/promises';
import neo4j from 'neo4j-driver';

/** Ends when the database at this address answers a query: what Drydock waits for too, before it says that Neo4j is back. */
const [address = ''] = process.argv.slice(2);
const password = process.env['NEO4J_PASSWORD'] ?? '';

async function answers(): Promise<boolean> {
  const driver = neo4j.driver(`bolt://${address}:7687`, neo4j.auth.basic('neo4j', password));
  try {
    await driver.session().run('RETURN 1');
    return true;
  } catch {
    return false;
  } finally {
    await driver.close();
  }
}

while (!(await answers())) await sleep(50);
