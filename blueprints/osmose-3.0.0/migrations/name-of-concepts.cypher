// A concept is called `name`, as a proto-concept is. Releases before 3 find no concept any more. Begun again, it goes on
// with the concepts that have their old property.
CREATE INDEX concept_name IF NOT EXISTS
FOR (c:CanonicalConcept) ON (c.name);

MATCH (c:CanonicalConcept) WHERE c.canonical_name IS NOT NULL
CALL (c) {
  SET c.name = c.canonical_name
  REMOVE c.canonical_name
} IN TRANSACTIONS OF 1000 ROWS;

DROP INDEX concept_canonical_name IF EXISTS;
