"""Documents as files: waiting in docs_in, done in docs_done, and what was extracted in extraction_cache."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from osmose.extraction import Extraction, Extractor


class DocumentFiles:
    def __init__(self, data_directory: Path) -> None:
        self._waiting = data_directory / "docs_in"
        self._done = data_directory / "docs_done"

    def receive(self, document_id: str, text: str) -> None:
        """Returns when the text is on disk."""
        _write_durably(self._waiting / f"{document_id}.txt", text.encode())

    def finish(self, document_id: str) -> None:
        """Moves a document to docs_done. Already moved is success; unknown raises FileNotFoundError."""
        source, target = self._waiting / f"{document_id}.txt", self._done / f"{document_id}.txt"
        if source.exists():
            # The two directories are separate mounts, and a rename cannot cross them.
            _write_durably(target, source.read_bytes())
            source.unlink(missing_ok=True)
        elif not target.exists():
            raise FileNotFoundError(f"document {document_id} is neither in docs_in nor in docs_done")


class CachedExtractor:
    """Remembers extractions by text. The cache may be lost at any time."""

    def __init__(self, extractor: Extractor, data_directory: Path) -> None:
        self._extractor = extractor
        self._directory = data_directory / "extraction_cache"

    def extract(self, text: str) -> Extraction:
        file = self._directory / f"{sha256(text.encode()).hexdigest()}.json"
        try:
            cached = json.loads(file.read_text())
            return Extraction(tuple(cached["concepts"]), tuple(cached["proto_concepts"]))
        except (OSError, ValueError, KeyError):
            extraction = self._extractor.extract(text)
            file.write_text(json.dumps(asdict(extraction)))
            return extraction


def _write_durably(file: Path, content: bytes) -> None:
    # Unique per writer: two requests may write the same document at once.
    temporary = file.with_name(f".{file.name}.{os.urandom(4).hex()}")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
