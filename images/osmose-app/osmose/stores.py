"""The three stores an instance has, opened and probed together."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Literal

from osmose.graph import Graph
from osmose.queue import WorkQueue
from osmose.settings import Settings
from osmose.vectors import Vectors

State = Literal["up", "down"]

_PROBE_SECONDS = 3
_log = logging.getLogger("osmose.stores")


@dataclass(frozen=True, slots=True)
class Stores:
    graph: Graph
    vectors: Vectors
    queue: WorkQueue
    probes: ThreadPoolExecutor

    @classmethod
    def connect(cls, settings: Settings) -> Stores:
        return cls(
            graph=Graph.connect(settings),
            vectors=Vectors.connect(settings),
            queue=WorkQueue.connect(settings),
            probes=ThreadPoolExecutor(max_workers=9, thread_name_prefix="probe"),
        )

    def close(self) -> None:
        self.probes.shutdown(wait=False, cancel_futures=True)
        self.graph.close()
        self.vectors.close()
        self.queue.close()

    def states(self) -> dict[str, State]:
        """All at once, so that a store that hangs costs no more than one that answers slowly."""
        started = {name: self.probes.submit(ping) for name, ping in self._pings().items()}
        return {name: _state(name, probe) for name, probe in started.items()}

    def _pings(self) -> dict[str, Callable[[], None]]:
        return {"neo4j": self.graph.ping, "qdrant": self.vectors.ping, "redis": self.queue.ping}


def _state(name: str, probe: Future[None]) -> State:
    try:
        probe.result(timeout=_PROBE_SECONDS)
        return "up"
    except FutureTimeout:
        probe.cancel()
        _log.warning("%s did not answer within %d s", name, _PROBE_SECONDS)
    except Exception as error:  # Whatever a driver raises means down.
        _log.warning("%s is down: %s", name, error)
    return "down"
