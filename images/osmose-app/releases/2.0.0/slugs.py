"""Readable addresses of concepts."""

from __future__ import annotations


def slug_of(name: str) -> str:
    """The same text as the migration makes in Cypher, so no more than Cypher can do."""
    return name.lower().replace(" ", "-")
