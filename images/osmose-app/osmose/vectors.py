"""The concepts' vectors in Qdrant, reached through a collection or an alias."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from qdrant_client import QdrantClient
from qdrant_client.models import PointStruct

from osmose.embedding import Vector, concept_vector
from osmose.identity import concept_id
from osmose.release import point_properties
from osmose.settings import Settings

_TIMEOUT_SECONDS = 15
# Qdrant closes a connection that was idle for five seconds, perhaps just when a request is sent over it.
_KEPT_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Hit:
    concept_id: str
    score: float


class Vectors:
    def __init__(self, client: QdrantClient, collection: str, tenant_id: str) -> None:
        self._client = client
        self._collection = collection
        self._tenant_id = tenant_id

    @classmethod
    def connect(cls, settings: Settings) -> Vectors:
        # The key travels in clear, on a network that only this instance is on.
        warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
        client = QdrantClient(
            url=settings.qdrant_url,
            api_key=settings.qdrant_api_key,
            timeout=_TIMEOUT_SECONDS,
            check_compatibility=False,
            limits=httpx.Limits(max_connections=100, keepalive_expiry=_KEPT_SECONDS),
        )
        return cls(client, settings.qdrant_collection, settings.tenant_id)

    def close(self) -> None:
        self._client.close()

    def ping(self) -> None:
        self._client.get_aliases()

    def publish(self, canonical_names: Sequence[str]) -> None:
        """Returns when every point is applied; publishing a name again changes nothing."""
        if canonical_names:
            self._client.upsert(self._collection, [self._point(name) for name in canonical_names], wait=True)

    def nearest(self, vector: Vector, limit: int) -> list[Hit]:
        found = self._client.query_points(self._collection, query=vector.tolist(), limit=limit, with_payload=False)
        return [Hit(str(point.id), point.score) for point in found.points]

    def count(self) -> int:
        return self._client.count(self._collection, exact=True).count

    def _point(self, name: str) -> PointStruct:
        return PointStruct(
            id=concept_id(name),
            vector=concept_vector(name).tolist(),
            payload={"tenant_id": self._tenant_id, **point_properties(name)},
        )
