"""How a document enters: every store has it before it is acknowledged, and entering twice is harmless."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from osmose.client_config import ClientConfig
from osmose.documents import CachedExtractor, DocumentFiles
from osmose.extraction import Extractor
from osmose.graph import NewDocument
from osmose.identity import document_id
from osmose.settings import Settings
from osmose.stores import Stores


@dataclass(frozen=True, slots=True)
class Receipt:
    id: str
    status: str
    outcome: Literal["received", "already-known"]


class Ingestion:
    def __init__(self, stores: Stores, settings: Settings, config: ClientConfig) -> None:
        self._stores = stores
        self._config = config
        self._files = DocumentFiles(settings.data_directory)
        extractor = Extractor(config)
        self._extractor = (
            CachedExtractor(extractor, settings.data_directory) if config.flags.extraction_cache else extractor
        )

    def receive(self, title: str, text: str) -> Receipt:
        identity = document_id(title, text)
        if self._stores.graph.status(identity) == "processed":
            return Receipt(identity, "processed", "already-known")

        extraction = self._extractor.extract(f"{title}\n{text}")
        document = NewDocument(
            id=identity,
            title=title,
            characters=len(text),
            concepts=extraction.concepts,
            proto_concepts=extraction.proto_concepts,
            related=self._config.flags.concept_relations,
        )
        self._files.receive(identity, text)
        status = self._stores.graph.record(document)
        self._stores.vectors.publish(extraction.concepts)
        # Last: the job may start at once, and finds everything in place.
        self._stores.queue.submit(identity)
        return Receipt(identity, status, "received")

    def finish(self, identity: str) -> None:
        self._files.finish(identity)
        self._stores.graph.finish(identity)
