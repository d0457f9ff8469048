"""The concept graph in Neo4j: documents, their concepts, and terms that are not concepts yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from neo4j import Driver, GraphDatabase, ManagedTransaction, NotificationMinimumSeverity, Query
from osmose.identity import concept_id, proto_concept_id
from osmose.release import CONCEPT_FIELDS, CONCEPT_NAME, concept_properties
from osmose.settings import Settings

# Stops a connection that died with a restart of Neo4j from failing a request: older than this, it is tried first.
_TEST_CONNECTIONS_IDLE_SECONDS = 5
_RETRY_SECONDS = 5
_CONNECT_SECONDS = 3
_PROBE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class NewDocument:
    id: str
    title: str
    characters: int
    concepts: Sequence[str]
    proto_concepts: Sequence[str]
    related: bool
    """Whether its concepts are connected with each other."""


_MERGE_DOCUMENT = """
MERGE (d:Document {id: $id})
ON CREATE SET d.tenant_id = $tenant_id, d.title = $title, d.characters = $characters, d.status = 'received',
              d.created_at = datetime()
RETURN d.status AS status
"""
_MERGE_CONCEPTS = """
MATCH (d:Document {id: $id})
UNWIND $concepts AS concept
MERGE (c:CanonicalConcept {id: concept.id})
ON CREATE SET c += concept.properties, c.tenant_id = $tenant_id, c.status = 'published', c.created_at = datetime()
MERGE (d)-[:MENTIONS]->(c)
"""
_MERGE_RELATIONS = """
UNWIND $pairs AS pair
MATCH (a:CanonicalConcept {id: pair[0]}) MATCH (b:CanonicalConcept {id: pair[1]})
MERGE (a)-[r:RELATED_TO {type: 'co_occurs'}]->(b)
ON CREATE SET r.created_at = datetime()
"""
_MERGE_PROTO_CONCEPTS = """
MATCH (d:Document {id: $id})
UNWIND $proto_concepts AS proto
MERGE (p:ProtoConcept {id: proto.id})
ON CREATE SET p.tenant_id = $tenant_id, p.name = proto.name, p.status = 'pending', p.created_at = datetime()
MERGE (p)-[:EXTRACTED_FROM]->(d)
"""
_DOCUMENT = f"""
MATCH (d:Document {{id: $id}})
RETURN d.id AS id, d.title AS title, d.status AS status, d.created_at AS created_at, d.processed_at AS processed_at,
       [(d)-[:MENTIONS]->(c) | c.{CONCEPT_NAME}] AS concepts,
       [(p:ProtoConcept)-[:EXTRACTED_FROM]->(d) | p.name] AS proto_concepts
"""
_CONCEPTS = f"""
MATCH (c:CanonicalConcept) WHERE c.{CONCEPT_NAME} > $after
RETURN {CONCEPT_FIELDS}
ORDER BY c.{CONCEPT_NAME} LIMIT $limit
"""
_FOUND = f"""
UNWIND $ids AS id
MATCH (c:CanonicalConcept {{id: id}})
RETURN c.id AS id, c.{CONCEPT_NAME} AS canonical_name,
       COUNT {{ (:Document)-[:MENTIONS]->(c) }} AS documents
"""


class Graph:
    def __init__(self, driver: Driver, tenant_id: str) -> None:
        self._driver = driver
        self._tenant_id = tenant_id

    @classmethod
    def connect(cls, settings: Settings) -> Graph:
        driver = GraphDatabase.driver(
            settings.neo4j_uri,
            auth=(settings.neo4j_user, settings.neo4j_password),
            max_connection_pool_size=settings.neo4j_pool_size,
            max_transaction_retry_time=_RETRY_SECONDS,
            liveness_check_timeout=_TEST_CONNECTIONS_IDLE_SECONDS,
            connection_timeout=_CONNECT_SECONDS,
            # An empty database warns about every label that a query names.
            notifications_min_severity=NotificationMinimumSeverity.OFF,
        )
        return cls(driver, settings.tenant_id)

    def close(self) -> None:
        self._driver.close()

    def ping(self) -> None:
        # One attempt: a managed transaction would retry for longer than a probe may take.
        with self._driver.session() as session:
            session.run(Query("RETURN 1", timeout=_PROBE_SECONDS)).consume()

    def record(self, document: NewDocument) -> str:
        """Writes a document with its concepts in one transaction and returns its status."""
        with self._driver.session() as session:
            return session.execute_write(self._merge_document, document)

    def finish(self, document_id: str) -> None:
        self._write(
            "MATCH (d:Document {id: $id}) WHERE d.status <> 'processed' "
            "SET d.status = 'processed', d.processed_at = datetime()",
            id=document_id,
        )

    def status(self, document_id: str) -> str | None:
        rows = self.read("MATCH (d:Document {id: $id}) RETURN d.status AS status", id=document_id)
        return rows[0]["status"] if rows else None

    def document(self, document_id: str) -> dict[str, Any] | None:
        rows = self.read(_DOCUMENT, id=document_id)
        return rows[0] if rows else None

    def unfinished_documents(self) -> list[str]:
        rows = self.read("MATCH (d:Document) WHERE d.status = 'received' RETURN d.id AS id ORDER BY d.created_at")
        return [row["id"] for row in rows]

    def concepts(self, after: str, limit: int) -> list[dict[str, Any]]:
        return self.read(_CONCEPTS, after=after, limit=limit)

    def concepts_by_id(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in self.read(_FOUND, ids=list(ids))}

    def counts(self) -> dict[str, int]:
        # One label or type each: answered from the count store, whatever the size.
        return {
            "documents": self._count("MATCH (n:Document) RETURN count(n) AS count"),
            "concepts": self._count("MATCH (n:CanonicalConcept) RETURN count(n) AS count"),
            "proto_concepts": self._count("MATCH (n:ProtoConcept) RETURN count(n) AS count"),
            "relations": self._count("MATCH ()-[r:RELATED_TO]->() RETURN count(r) AS count"),
        }

    def read(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query that only reads; instants as text."""

        def work(transaction: ManagedTransaction) -> list[dict[str, Any]]:
            return [_plain(record.data()) for record in transaction.run(query, parameters)]

        with self._driver.session() as session:
            return session.execute_read(work)

    def _merge_document(self, transaction: ManagedTransaction, document: NewDocument) -> str:
        # Locks are taken in the order of ids, so that documents with common concepts wait instead of deadlocking.
        concepts = sorted((_concept(name) for name in document.concepts), key=lambda concept: str(concept["id"]))
        protos = [{"id": proto_concept_id(document.id, name), "name": name} for name in document.proto_concepts]
        pairs = [[a["id"], b["id"]] for a, b in pairwise(concepts)] if document.related else []
        parameters = {"id": document.id, "tenant_id": self._tenant_id}

        record = transaction.run(
            _MERGE_DOCUMENT, parameters, title=document.title, characters=document.characters
        ).single(strict=True)
        transaction.run(_MERGE_CONCEPTS, parameters, concepts=concepts).consume()
        transaction.run(_MERGE_RELATIONS, pairs=pairs).consume()
        transaction.run(_MERGE_PROTO_CONCEPTS, parameters, proto_concepts=protos).consume()
        return str(record["status"])

    def _count(self, query: str) -> int:
        return int(self.read(query)[0]["count"])

    def _write(self, query: str, **parameters: Any) -> None:
        with self._driver.session() as session:
            session.execute_write(lambda transaction: transaction.run(query, parameters).consume())


def _concept(name: str) -> dict[str, Any]:
    return {"id": concept_id(name), "properties": concept_properties(name)}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: _instant(value) for key, value in row.items()}


def _instant(value: Any) -> Any:
    return value.to_native().isoformat() if hasattr(value, "to_native") else value
