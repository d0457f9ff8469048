"""Steps of a migration that no file of statements can do.

python -m osmose.migrate slug

Each may be killed and begun again: it goes on with what is not done yet. It prints what it did.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections.abc import Callable, Iterator

from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import UnexpectedResponse
from qdrant_client.models import (
    Filter,
    IsEmptyCondition,
    PayloadField,
    PayloadSchemaType,
    Record,
    SetPayload,
    SetPayloadOperation,
)

from neo4j import GraphDatabase, NotificationMinimumSeverity
from osmose.settings import Settings
from osmose.slugs import slug_of

_BATCH = 500
_TIMEOUT_SECONDS = 60

# A batch in a transaction. The name's property was renamed in release 3, and this runs before that migration.
_ADD_TO_CONCEPTS = """
MATCH (c:CanonicalConcept) WHERE c.slug IS NULL
WITH c, coalesce(c.name, c.canonical_name) AS name WHERE name IS NOT NULL
CALL (c, name) { SET c.slug = replace(toLower(name), ' ', '-') } IN TRANSACTIONS OF 1000 ROWS
RETURN count(*) AS added
"""


def add_slugs(settings: Settings) -> int:
    """Gives a slug to every concept and point without one, and returns how many got it."""
    return _add_to_concepts(settings) + _add_to_points(settings)


def _add_to_concepts(settings: Settings) -> int:
    driver = GraphDatabase.driver(
        settings.neo4j_uri,
        auth=(settings.neo4j_user, settings.neo4j_password),
        # A database without concepts warns about every name in the query.
        notifications_min_severity=NotificationMinimumSeverity.OFF,
    )
    with driver, driver.session() as session:
        # Not a managed transaction: this statement opens its own.
        return int(session.run(_ADD_TO_CONCEPTS).single(strict=True)["added"])


def _add_to_points(settings: Settings) -> int:
    warnings.filterwarnings("ignore", message="Api key is used with an insecure connection")
    client = QdrantClient(
        url=settings.qdrant_url, api_key=settings.qdrant_api_key, timeout=_TIMEOUT_SECONDS, check_compatibility=False
    )
    collection = settings.qdrant_collection
    added = 0
    try:
        client.create_payload_index(collection, "slug", PayloadSchemaType.KEYWORD, wait=True)
        for page in _points_without_slug(client, collection):
            operations = [_slug_of_point(point) for point in page if (point.payload or {}).get("canonical_name")]
            if operations:
                client.batch_update_points(collection, operations, wait=True)
            added += len(operations)
    except UnexpectedResponse as error:
        # An instance that is started by hand gets its collections afterwards.
        if error.status_code != 404:
            raise
    finally:
        client.close()
    return added


def _points_without_slug(client: QdrantClient, collection: str) -> Iterator[list[Record]]:
    """Pages in the order of ids, which what is written meanwhile does not disturb."""
    missing, offset = Filter(must=[IsEmptyCondition(is_empty=PayloadField(key="slug"))]), None
    while True:
        page, offset = client.scroll(
            collection, scroll_filter=missing, limit=_BATCH, offset=offset, with_payload=["canonical_name"]
        )
        yield page
        if offset is None:
            return


def _slug_of_point(point: Record) -> SetPayloadOperation:
    slug = slug_of((point.payload or {})["canonical_name"])
    return SetPayloadOperation(set_payload=SetPayload(payload={"slug": slug}, points=[point.id]))


_STEPS: dict[str, Callable[[Settings], int]] = {"slug": add_slugs}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m osmose.migrate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("step", choices=sorted(_STEPS))
    step = parser.parse_args().step
    done = _STEPS[step](Settings.from_environment(os.environ))
    print(f"{step}: {done} changed", flush=True)


if __name__ == "__main__":
    main()
