// A readable address for every concept. Small transactions, so that nothing waits long for a lock or for memory; begun
// again, it goes on with the concepts that have none. osmose/slugs.py in the application makes the same text.
CREATE INDEX concept_slug IF NOT EXISTS
FOR (c:CanonicalConcept) ON (c.slug);

MATCH (c:CanonicalConcept) WHERE c.slug IS NULL AND c.canonical_name IS NOT NULL
CALL (c) {
  SET c.slug = replace(toLower(c.canonical_name), ' ', '-')
} IN TRANSACTIONS OF 1000 ROWS;
