"""Release 3: a concept is called `name` in the graph, as a proto-concept is, and is looked up by slug."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BaseModel, Field

from osmose.migrate import add_slugs
from osmose.slugs import slug_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from osmose.graph import Graph
    from osmose.settings import Settings

CONCEPT_NAME = "name"
"""Property of a concept that holds its name."""

CONCEPT_FIELDS = "c.id AS id, c.name AS canonical_name, c.slug AS slug, c.status AS status, c.created_at AS created_at"
"""What is told of a concept `c`; its users know its name as before."""

_LOOKUP = f"MATCH (c:CanonicalConcept) WHERE c.slug IN $slugs RETURN {CONCEPT_FIELDS} ORDER BY c.slug"
_LOOKUP_LIMIT = 100

_log = logging.getLogger("osmose.release")


class LookupRequest(BaseModel):
    slugs: Annotated[list[str], Field(min_length=1)]


def concept_properties(name: str) -> dict[str, Any]:
    """What a new concept gets in the graph because of its name."""
    return {"name": name, "slug": slug_of(name)}


def point_properties(name: str) -> dict[str, str]:
    """What a point gets as payload because of its concept's name."""
    return {"canonical_name": name, "slug": slug_of(name)}


def catch_up(settings: Settings) -> None:
    """Adds the slugs that are missing."""
    added = add_slugs(settings)
    if added:
        _log.warning("added %d slugs that were missing", added)


def serve_more(app: FastAPI, settings: Settings, graph: Graph) -> None:
    """Adds the lookup. It only reads, so it may serve while writes are refused."""
    limit = _lookup_limit(settings.config_directory / "lookup.yaml")

    @app.post("/concepts/lookup")
    def lookup(request: LookupRequest) -> dict[str, Any]:
        return {"concepts": graph.read(_LOOKUP, slugs=request.slugs[:limit])}


def _lookup_limit(file: Path) -> int:
    settings = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
    return int(settings.get("limit", _LOOKUP_LIMIT))
