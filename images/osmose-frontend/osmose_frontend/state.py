"""What the application says about itself, or that it says nothing."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

_TIMEOUT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class State:
    """Empty mappings stand for what the application did not answer."""

    version: dict[str, str] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    stats: dict[str, int] = field(default_factory=dict)

    @property
    def reachable(self) -> bool:
        return bool(self.health)

    @property
    def healthy(self) -> bool:
        return self.health.get("status") == "healthy"


class Application:
    def __init__(self, url: str, executor: Executor) -> None:
        self._url = url.rstrip("/")
        self._executor = executor

    def state(self) -> State:
        # Counts wait for stores. Asked only when these are up, they cannot hold the page.
        version, health = self._executor.map(self._ask, ("/version", "/health"))
        stats = self._ask("/stats") if health.get("status") == "healthy" else {}
        return State(version=version, health=health, stats=stats if "error" not in stats else {})

    def search(self, query: str) -> list[dict[str, Any]] | None:
        """The matches, or None when the application did not answer."""
        answer = self._ask("/search", {"query": query, "limit": 10})
        return answer.get("matches")

    def _ask(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data=content, headers={"Content-Type": "application/json"})
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
                return _object(response.read())
        except HTTPError as error:
            return _object(error.read())
        except OSError:
            return {}


def _object(content: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
