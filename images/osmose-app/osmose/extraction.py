"""From a text to the names of its concepts, by counting terms under the client's rules."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from osmose.client_config import ClientConfig

_WORD = re.compile(r"[^\W\d_][\w-]*")


@dataclass(frozen=True, slots=True)
class Extraction:
    concepts: tuple[str, ...]
    proto_concepts: tuple[str, ...]
    """Terms that may become concepts one day."""


class Extractor:
    def __init__(self, config: ClientConfig) -> None:
        self._config = config

    def extract(self, text: str) -> Extraction:
        rules = self._config.rules
        ranked = self.terms(text)
        split = rules.maximum_concepts_per_document
        rest = ranked[split : split + rules.maximum_proto_concepts_per_document]
        return Extraction(
            concepts=tuple(ranked[:split]),
            proto_concepts=tuple(rest) if self._config.flags.proto_concepts else (),
        )

    def terms(self, text: str) -> list[str]:
        """Canonical names in the text, most frequent first, equal ones in alphabetical order."""
        counts = Counter(self._canonical(word) for word in _WORD.findall(text.lower()) if self._counts(word))
        return sorted(counts, key=lambda term: (-counts[term], term))

    def _counts(self, word: str) -> bool:
        rules = self._config.rules
        return word in self._config.synonyms or (
            len(word) >= rules.minimum_term_length and word not in rules.stop_words
        )

    def _canonical(self, word: str) -> str:
        return self._config.synonyms.get(word, word)
