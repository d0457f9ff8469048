"""What Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics


class Metrics:
    def __init__(self, version: str) -> None:
        # Twice the series, for a time that nobody asks.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "osmose_http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.ingested = Counter("osmose_ingestions", "Documents acknowledged", ["outcome"], registry=self.registry)
        self.ingestion_errors = Counter(
            "osmose_ingestion_errors", "Documents that were not acknowledged", registry=self.registry
        )
        self.ingestion_duration = Histogram(
            "osmose_ingestion_duration_seconds", "Time until a document is in every store", registry=self.registry
        )
        self.queue_pending = Gauge("osmose_redis_queue_pending_total", "Jobs waiting", registry=self.registry)
        Gauge("osmose_build_info", "Version of the application", ["version"], registry=self.registry).labels(
            version
        ).set(1)
