"""Prints what every store of an instance holds, to the last property: runs inside the application's container."""

import hashlib
import json
import os
import sys

from neo4j import GraphDatabase
from osmose.queue import connect_redis
from osmose.settings import Settings
from qdrant_client import QdrantClient

settings = Settings.from_environment(os.environ)


def digest(rows):
    text = json.dumps(sorted(json.dumps(row, sort_keys=True, default=str) for row in rows))
    return f"{len(rows)}/{hashlib.sha256(text.encode()).hexdigest()[:16]}"


with GraphDatabase.driver(settings.neo4j_uri, auth=(settings.neo4j_user, settings.neo4j_password)) as driver:
    def rows(query):
        return [record.data() for record in driver.execute_query(query).records]

    nodes = rows("MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties")
    relations = rows(
        "MATCH (a)-[r]->(b) RETURN type(r) AS type, properties(r) AS properties, a.id AS from, b.id AS to"
    )
    schema = rows("SHOW INDEXES YIELD name, type, labelsOrTypes, properties WHERE type <> 'LOOKUP'")

vectors = QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key, check_compatibility=False)
points = {}
for collection in vectors.get_collections().collections:
    found, offset = [], None
    while True:
        page, offset = vectors.scroll(
            collection.name, limit=500, offset=offset, with_payload=True, with_vectors=True
        )
        found += [[str(point.id), point.payload, point.vector] for point in page]
        if offset is None:
            break
    points[collection.name] = digest(found)

redis = connect_redis(settings)
jobs = [
    [key.decode(), redis.hget(key, "data").hex(), redis.hget(key, "status").decode()]
    for key in redis.scan_iter("rq:job:*")
]
notes = [[key.decode(), redis.get(key).decode()] for key in redis.scan_iter("note:*")]

json.dump(
    {
        "nodes": digest(nodes),
        "relations": digest(relations),
        "schema": digest(schema),
        "points": points,
        "jobs": digest(jobs),
        "notes": digest(notes),
        "tenants": sorted({str(node["properties"].get("tenant_id")) for node in nodes}),
    },
    sys.stdout,
)
