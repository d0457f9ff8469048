"""Writes generated points to Qdrant over gRPC. As JSON, a vector would be five times as large, and slower by more."""

from __future__ import annotations

from urllib.parse import urlsplit

import grpc
from qdrant_client import grpc as messages

from osmose.embedding import DIMENSIONS, concept_vector
from osmose.generated_content import concept_name, description
from osmose.identity import concept_id
from osmose.release import point_properties
from osmose.settings import Settings

_GRPC_PORT = 6334
_TIMEOUT_SECONDS = 120
_BYTES_PER_COMPONENT = 4


class GeneratedVectors:
    def __init__(self, channel: grpc.Channel, settings: Settings) -> None:
        self._channel = channel
        self._points = messages.PointsStub(channel)  # type: ignore[no-untyped-call]
        self._collection = settings.qdrant_collection
        self._tenant_id = settings.tenant_id
        self._key = (("api-key", settings.qdrant_api_key),) if settings.qdrant_api_key else ()
        self._last: messages.PointStruct | None = None

    @classmethod
    def connect(cls, settings: Settings) -> GeneratedVectors:
        host = urlsplit(settings.qdrant_url).hostname
        # Some networks set a proxy for everything; the store is beside us.
        return cls(grpc.insecure_channel(f"{host}:{_GRPC_PORT}", [("grpc.enable_http_proxy", 0)]), settings)

    def close(self) -> None:
        self._channel.close()

    def write(self, numbers: range, payload_bytes: int) -> int:
        """Writes the points of these concepts; returns the bytes of their vectors and text."""
        points = [self._point(number, payload_bytes) for number in numbers]
        # Not waiting lets Qdrant apply one batch while the next is made. settle() waits for all.
        self._upsert(points, wait=False)
        self._last = points[-1]
        return len(points) * (DIMENSIONS * _BYTES_PER_COMPONENT + payload_bytes)

    def settle(self) -> None:
        """Returns when everything written is applied: operations are applied in order, so the last one tells."""
        if self._last is not None:
            self._upsert([self._last], wait=True)

    def count(self) -> int:
        request = messages.CountPoints(collection_name=self._collection, exact=True)
        return int(self._points.Count(request, metadata=self._key, timeout=_TIMEOUT_SECONDS).result.count)

    def _upsert(self, points: list[messages.PointStruct], *, wait: bool) -> None:
        request = messages.UpsertPoints(collection_name=self._collection, wait=wait, points=points)
        self._points.Upsert(request, metadata=self._key, timeout=_TIMEOUT_SECONDS)

    def _point(self, number: int, payload_bytes: int) -> messages.PointStruct:
        name = concept_name(number)
        payload = {
            "tenant_id": self._tenant_id,
            **point_properties(name),
            "description": description(name, payload_bytes),
        }
        return messages.PointStruct(
            id=messages.PointId(uuid=concept_id(name)),
            vectors=messages.Vectors(
                vector=messages.Vector(dense=messages.DenseVector(data=concept_vector(name).tolist()))
            ),
            payload={key: messages.Value(string_value=value) for key, value in payload.items()},
        )
