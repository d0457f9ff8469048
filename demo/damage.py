"""What the demonstration does to an instance: a clean-up that was run against the wrong client.

Runs inside the application's container, where the stores can be reached. Deletes most concepts and every vector.
"""

import json
import os

from neo4j import GraphDatabase
from osmose.settings import Settings
from qdrant_client import QdrantClient
from qdrant_client.models import Filter, FilterSelector

settings = Settings.from_environment(os.environ)

with GraphDatabase.driver(settings.neo4j_uri, auth=(settings.neo4j_user, settings.neo4j_password)) as graph:
    concepts = graph.execute_query("MATCH (c:CanonicalConcept) RETURN count(c) AS count").records[0]["count"]
    deleted = graph.execute_query(
        "MATCH (c:CanonicalConcept) WITH c ORDER BY c.id LIMIT $some DETACH DELETE c", some=concepts * 2 // 3
    ).summary.counters.nodes_deleted

vectors = QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key, check_compatibility=False)
points = vectors.count(settings.qdrant_collection, exact=True).count
vectors.delete(settings.qdrant_collection, points_selector=FilterSelector(filter=Filter()), wait=True)

print(json.dumps({"concepts": deleted, "vectors": points}))
