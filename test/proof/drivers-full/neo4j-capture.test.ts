import { captureSuite } from '../../drivers/store.suite.ts';
import { neo4jBench } from '../../support/neo4j-bench.ts';

captureSuite('neo4j', neo4jBench);
