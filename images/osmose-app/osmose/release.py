"""What differs from release to release: the shape of concepts in the stores, and what comes with it.

A later release replaces this module by its own: see releases/ beside this package's directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from osmose.graph import Graph
    from osmose.settings import Settings

CONCEPT_NAME = "canonical_name"
"""Property of a concept that holds its name."""

CONCEPT_FIELDS = "c.id AS id, c.canonical_name AS canonical_name, c.status AS status, c.created_at AS created_at"
"""What is told of a concept `c`."""


def concept_properties(name: str) -> dict[str, Any]:
    """What a new concept gets in the graph because of its name."""
    return {"canonical_name": name}


def point_properties(name: str) -> dict[str, str]:
    """What a point gets as payload because of its concept's name."""
    return {"canonical_name": name}


def catch_up(settings: Settings) -> None:
    """Makes good what an older release wrote without knowing better; there is none before the first."""


def serve_more(app: FastAPI, settings: Settings, graph: Graph) -> None:
    """Adds what only this release answers; nothing in the first."""
