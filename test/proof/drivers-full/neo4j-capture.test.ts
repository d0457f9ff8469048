import { capturingAgain, storeSuite } from '../../drivers/store.suite.ts';
import { neo4jBench } from '../../support/neo4j-bench.ts';

storeSuite('neo4j', neo4jBench, [capturingAgain]);
