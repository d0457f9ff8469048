"""The work queue in Redis: one job for each document that is received and not finished."""

from __future__ import annotations

import math

from rq import Queue, Retry
from rq.job import Job
from rq.serializers import JSONSerializer

from osmose.settings import Settings
from redis import Redis

QUEUE_NAME = "ingest"
_JOB_TIMEOUT_SECONDS = 300
_KEEP_RESULT_SECONDS = 24 * 3600
_KEEP_FAILURE_SECONDS = 7 * 24 * 3600


def connect_redis(settings: Settings) -> Redis:
    return Redis.from_url(
        settings.redis_url, password=settings.redis_password, socket_connect_timeout=3, health_check_interval=10
    )


def open_queue(connection: Redis) -> Queue:
    # JSON, not pickle: what is in Redis must never be able to run code, and must outlive a new Python.
    return Queue(QUEUE_NAME, connection=connection, serializer=JSONSerializer)


class WorkQueue:
    def __init__(self, connection: Redis) -> None:
        self._connection = connection
        self._queue = open_queue(connection)

    @classmethod
    def connect(cls, settings: Settings) -> WorkQueue:
        return cls(connect_redis(settings))

    def close(self) -> None:
        self._connection.close()

    def ping(self) -> None:
        self._connection.ping()

    def submit(self, document_id: str) -> None:
        """Queues the job of a document. A second job for the same document finds its work done."""
        self._queue.enqueue(
            "osmose.jobs.finish_document",
            document_id,
            job_id=document_id,
            job_timeout=_JOB_TIMEOUT_SECONDS,
            result_ttl=_KEEP_RESULT_SECONDS,
            failure_ttl=_KEEP_FAILURE_SECONDS,
            retry=Retry(max=3),
        )

    def knows(self, document_id: str) -> bool:
        return Job.exists(document_id, connection=self._connection)

    def pending(self) -> int:
        """Jobs that wait, and those that a worker has begun."""
        return self._queue.count + self._queue.started_job_registry.get_job_count(cleanup=False)

    def take_up_abandoned_jobs(self) -> None:
        """Queues again what a worker had begun that is gone: it died, or the queue is one from a backup.

        RQ does it by itself, but only when the job's time is over. A job that still runs elsewhere may be done twice.
        """
        self._queue.started_job_registry.cleanup(timestamp=math.inf)
