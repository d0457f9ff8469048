"""Creates the collections and aliases that standard input describes. For an instance that is run by hand.

python -m osmose.collections < init/collections.json
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import httpx

from osmose.settings import Settings


def create_collections(http: httpx.Client, wanted: dict[str, Any]) -> None:
    for name, body in wanted["collections"].items():
        if not http.get(f"/collections/{name}/exists").raise_for_status().json()["result"]["exists"]:
            http.put(f"/collections/{name}", json=body).raise_for_status()
            print(f"created collection {name}")
    actions = [
        {"create_alias": {"alias_name": alias, "collection_name": collection}}
        for alias, collection in wanted["aliases"].items()
    ]
    http.post("/collections/aliases", json={"actions": actions}).raise_for_status()
    print(f"aliases: {', '.join(wanted['aliases'])}")


def main() -> None:
    settings = Settings.from_environment(os.environ)
    with httpx.Client(base_url=settings.qdrant_url, headers={"api-key": settings.qdrant_api_key or ""}) as http:
        create_collections(http, json.load(sys.stdin))


if __name__ == "__main__":
    main()
