"""What the generator writes, as functions of a concept's number."""

from __future__ import annotations

from base64 import b64encode
from hashlib import shake_256

CONCEPTS_PER_DOCUMENT = 100
CONCEPTS_PER_PROTO_CONCEPT = 10
# Ages of generated nodes: spread evenly, so that a part of them is always older than any cleanup's limit.
AGE_SPREAD_DAYS = 30
# One in so many proto-concepts was promoted already, and must survive a cleanup.
PROTO_CONCEPTS_PER_PROMOTED = 5


def concept_name(number: int) -> str:
    return f"generated concept {number:09d}"


def document_title(number: int) -> str:
    return f"generated document {number:07d}"


def proto_concept_name(number: int) -> str:
    return f"generated term {number:08d}"


def description(name: str, size_bytes: int) -> str:
    """Text of exactly this size that hardly compresses, at best to three quarters: base 64 of a hash."""
    raw = shake_256(name.encode()).digest(size_bytes * 3 // 4 + 1)
    return b64encode(raw)[:size_bytes].decode()
