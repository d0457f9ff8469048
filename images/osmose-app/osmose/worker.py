"""The worker: finishes received documents, one at a time, and stops after the current one when asked."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from osmose import jobs
from osmose.graph import Graph
from osmose.logs import configure_logs
from osmose.queue import WorkQueue, connect_redis, open_queue
from osmose.release import catch_up
from osmose.settings import Settings

# RQ waits for a job for 15 s less than this, then sends a heartbeat.
_WORKER_TTL_SECONDS = 30
_ALIVE = Path("/tmp/osmose-worker.alive")

_log = logging.getLogger("osmose.worker")


class IngestWorker(SimpleWorker):
    """Runs jobs in its own process: they are short, and a fork for each would open every connection anew."""

    def heartbeat(self, *arguments: Any, **named: Any) -> None:
        super().heartbeat(*arguments, **named)
        _ALIVE.touch()


def main() -> None:
    settings = Settings.from_environment(os.environ)
    configure_logs(settings)
    jobs.prepare(settings)
    submit_lost_work(settings)
    catch_up(settings)
    connection = connect_redis(settings)
    worker = IngestWorker(
        [open_queue(connection)], connection=connection, serializer=JSONSerializer, worker_ttl=_WORKER_TTL_SECONDS
    )
    _ALIVE.touch()
    worker.work(logging_level=settings.log_level)


def submit_lost_work(settings: Settings) -> None:
    """A worker may have died over a job, and Redis lost its last second. The graph knows which documents are not finished."""
    graph, queue = Graph.connect(settings), WorkQueue.connect(settings)
    queue.take_up_abandoned_jobs()
    forgotten = [identity for identity in graph.unfinished_documents() if not queue.knows(identity)]
    for identity in forgotten:
        queue.submit(identity)
    if forgotten:
        _log.warning("queued %d documents that had no job", len(forgotten))
    graph.close()
    queue.close()


if __name__ == "__main__":
    main()
