/** A graph with everything that names and statements can make difficult. */
export const graphSchema = `
// One of each kind; a semicolon; in a comment
CREATE CONSTRAINT concept_id IF NOT EXISTS FOR (c:Concept) REQUIRE c.id IS UNIQUE;
CREATE INDEX concept_name IF NOT EXISTS FOR (c:Concept) ON (c.name);
CREATE FULLTEXT INDEX concept_text IF NOT EXISTS FOR (c:Concept) ON EACH [c.name];
CREATE INDEX weight IF NOT EXISTS FOR ()-[r:RELATED_TO]-() ON (r.weight);
`;

export const graphData = `
UNWIND range(1, 5000) AS id CREATE (:Concept {id: id, name: 'concept; ' + id});
UNWIND range(1, 300) AS id CREATE (:\`Proto Concept\` {id: id});
MATCH (a:Concept), (b:Concept {id: a.id + 1}) CREATE (a)-[:RELATED_TO {weight: 0.5}]->(b);
CREATE (:Gone)-[:WAS]->(:Gone);
MATCH (n:Gone) DETACH DELETE n;
`;
