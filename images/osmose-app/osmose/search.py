"""Search: the nearest concepts of a query. It reads, and never writes, so it may serve while writes are refused."""

from __future__ import annotations

from dataclasses import dataclass

from osmose.embedding import query_vector
from osmose.extraction import Extractor
from osmose.stores import Stores


@dataclass(frozen=True, slots=True)
class Match:
    id: str
    canonical_name: str
    score: float
    documents: int


class Search:
    def __init__(self, stores: Stores, extractor: Extractor) -> None:
        self._stores = stores
        self._extractor = extractor

    def nearest(self, query: str, limit: int) -> list[Match]:
        # A whole query may be the name of one concept; its words may be names too.
        names = {query.strip().lower(), *self._extractor.terms(query)}
        hits = self._stores.vectors.nearest(query_vector(sorted(names)), limit)
        concepts = self._stores.graph.concepts_by_id([hit.concept_id for hit in hits])
        return [
            Match(hit.concept_id, concept["canonical_name"], round(hit.score, 4), concept["documents"])
            for hit in hits
            if (concept := concepts.get(hit.concept_id))
        ]
