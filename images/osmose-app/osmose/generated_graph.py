"""Writes generated documents, concepts, proto-concepts and relationships to Neo4j in batches."""

from __future__ import annotations

from typing import Any

from neo4j import Driver, GraphDatabase, ManagedTransaction
from osmose.generated_content import (
    AGE_SPREAD_DAYS,
    CONCEPTS_PER_DOCUMENT,
    CONCEPTS_PER_PROTO_CONCEPT,
    PROTO_CONCEPTS_PER_PROMOTED,
    concept_name,
    description,
    document_title,
    proto_concept_name,
)
from osmose.graph import Graph
from osmose.identity import concept_id, document_id, proto_concept_id
from osmose.release import concept_properties
from osmose.settings import Settings

_MERGE_DOCUMENTS = """
UNWIND $documents AS row
MERGE (d:Document {id: row.id})
ON CREATE SET d.tenant_id = $tenant_id, d.title = row.title, d.characters = 0, d.status = 'processed',
              d.created_at = datetime() - duration({days: row.age}), d.processed_at = datetime()
"""
_MERGE_CONCEPTS = """
UNWIND $concepts AS row
MATCH (d:Document {id: row.document})
MERGE (c:CanonicalConcept {id: row.id})
ON CREATE SET c += row.properties, c.tenant_id = $tenant_id, c.status = 'published',
              c.created_at = datetime() - duration({days: row.age}), c.description = row.description
MERGE (d)-[:MENTIONS]->(c)
"""
_MERGE_RELATIONS = """
UNWIND $concepts AS row
MATCH (c:CanonicalConcept {id: row.id}) MATCH (parent:CanonicalConcept {id: row.parent})
MERGE (c)-[r:RELATED_TO {type: 'narrower'}]->(parent)
ON CREATE SET r.created_at = datetime()
"""
_MERGE_PROTO_CONCEPTS = """
UNWIND $protos AS row
MATCH (d:Document {id: row.document}) MATCH (c:CanonicalConcept {id: row.concept})
MERGE (p:ProtoConcept {id: row.id})
ON CREATE SET p.tenant_id = $tenant_id, p.name = row.name, p.status = row.status,
              p.created_at = datetime() - duration({days: row.age})
MERGE (p)-[:EXTRACTED_FROM]->(d)
MERGE (p)-[:CANDIDATE_FOR]->(c)
"""


class GeneratedGraph:
    def __init__(self, driver: Driver, tenant_id: str) -> None:
        self._driver = driver
        self._tenant_id = tenant_id

    @classmethod
    def connect(cls, settings: Settings) -> GeneratedGraph:
        auth = (settings.neo4j_user, settings.neo4j_password)
        return cls(GraphDatabase.driver(settings.neo4j_uri, auth=auth), settings.tenant_id)

    def close(self) -> None:
        self._driver.close()

    def write(self, numbers: range, payload_bytes: int) -> int:
        """Writes these concepts and what belongs to them in one transaction; returns the bytes that are theirs alone."""
        concepts = [_concept(number, payload_bytes) for number in numbers]
        documents = [_document(number) for number in sorted({_document_of(number) for number in numbers})]
        protos = [_proto(number) for number in numbers if number % CONCEPTS_PER_PROTO_CONCEPT == 0]
        with self._driver.session() as session:
            session.execute_write(self._merge, documents, concepts, protos)
        return sum(len(concept["description"]) + len(concept["id"]) for concept in concepts)

    def counts(self) -> dict[str, int]:
        return Graph(self._driver, self._tenant_id).counts()

    def _merge(
        self,
        transaction: ManagedTransaction,
        documents: list[dict[str, Any]],
        concepts: list[dict[str, Any]],
        protos: list[dict[str, Any]],
    ) -> None:
        tenant = self._tenant_id
        transaction.run(_MERGE_DOCUMENTS, documents=documents, tenant_id=tenant).consume()
        transaction.run(_MERGE_CONCEPTS, concepts=concepts, tenant_id=tenant).consume()
        edges = [{"id": row["id"], "parent": row["parent"]} for row in concepts if row["parent"]]
        transaction.run(_MERGE_RELATIONS, concepts=edges).consume()
        transaction.run(_MERGE_PROTO_CONCEPTS, protos=protos, tenant_id=tenant).consume()


def _concept(number: int, payload_bytes: int) -> dict[str, Any]:
    name = concept_name(number)
    return {
        "id": concept_id(name),
        "properties": concept_properties(name),
        "description": description(name, payload_bytes),
        "document": _document(_document_of(number))["id"],
        # A binary tree: its root is concept 0, and a parent is always written before its children.
        "parent": concept_id(concept_name(number // 2)) if number else None,
        "age": number % AGE_SPREAD_DAYS,
    }


def _document(number: int) -> dict[str, Any]:
    title = document_title(number)
    return {"id": document_id(title, ""), "title": title, "age": number % AGE_SPREAD_DAYS}


def _document_of(concept: int) -> int:
    return concept // CONCEPTS_PER_DOCUMENT


def _proto(concept: int) -> dict[str, Any]:
    number = concept // CONCEPTS_PER_PROTO_CONCEPT
    name, document = proto_concept_name(number), _document(_document_of(concept))["id"]
    return {
        "id": proto_concept_id(document, name),
        "name": name,
        "document": document,
        "concept": concept_id(concept_name(concept)),
        "status": "promoted" if number % PROTO_CONCEPTS_PER_PROMOTED == 0 else "pending",
        "age": number % AGE_SPREAD_DAYS,
    }
