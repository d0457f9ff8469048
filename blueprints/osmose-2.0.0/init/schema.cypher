// Identity. Concurrent MERGEs make duplicates without it.
CREATE CONSTRAINT document_id IF NOT EXISTS
FOR (d:Document) REQUIRE d.id IS UNIQUE;

CREATE CONSTRAINT canonical_concept_id IF NOT EXISTS
FOR (c:CanonicalConcept) REQUIRE c.id IS UNIQUE;

CREATE CONSTRAINT proto_concept_id IF NOT EXISTS
FOR (p:ProtoConcept) REQUIRE p.id IS UNIQUE;

// Documents
CREATE INDEX document_tenant_id IF NOT EXISTS
FOR (d:Document) ON (d.tenant_id);

CREATE INDEX document_created_at IF NOT EXISTS
FOR (d:Document) ON (d.created_at);

// Concepts
CREATE INDEX concept_canonical_name IF NOT EXISTS
FOR (c:CanonicalConcept) ON (c.canonical_name);

CREATE INDEX concept_tenant_status IF NOT EXISTS
FOR (c:CanonicalConcept) ON (c.tenant_id, c.status);

CREATE INDEX concept_slug IF NOT EXISTS
FOR (c:CanonicalConcept) ON (c.slug);

// Relationships
CREATE INDEX relation_type IF NOT EXISTS
FOR ()-[r:RELATED_TO]-() ON (r.type);
