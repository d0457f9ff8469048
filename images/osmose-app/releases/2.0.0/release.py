"""Release 2: every concept has a slug, in the graph and in its point's payload."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from osmose.migrate import add_slugs
from osmose.slugs import slug_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from osmose.graph import Graph
    from osmose.settings import Settings

CONCEPT_NAME = "canonical_name"
"""Property of a concept that holds its name."""

CONCEPT_FIELDS = (
    "c.id AS id, c.canonical_name AS canonical_name, c.slug AS slug, c.status AS status, c.created_at AS created_at"
)
"""What is told of a concept `c`. One that has no slug yet is told without."""

_log = logging.getLogger("osmose.release")


def concept_properties(name: str) -> dict[str, Any]:
    """What a new concept gets in the graph because of its name."""
    return {"canonical_name": name, "slug": slug_of(name)}


def point_properties(name: str) -> dict[str, str]:
    """What a point gets as payload because of its concept's name."""
    return {"canonical_name": name, "slug": slug_of(name)}


def catch_up(settings: Settings) -> None:
    """Adds the slugs that are missing: release 1 writes without them, also after the migration."""
    added = add_slugs(settings)
    if added:
        _log.warning("added %d slugs that were missing", added)


def serve_more(app: FastAPI, settings: Settings, graph: Graph) -> None:
    """Adds what only this release answers; slugs are part of what release 1 answered."""
