"""Identifiers that follow from what they identify, so that writing the same thing twice changes nothing."""

from __future__ import annotations

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1d2a0e-6b0b-5c38-9a39-0d5a6f6c7e11")


def document_id(title: str, text: str) -> str:
    return str(uuid5(_NAMESPACE, f"document\0{title}\0{text}"))


def concept_id(canonical_name: str) -> str:
    return str(uuid5(_NAMESPACE, f"concept\0{canonical_name}"))


def proto_concept_id(document: str, name: str) -> str:
    return str(uuid5(_NAMESPACE, f"proto\0{document}\0{name}"))
