"""The HTTP interface on port 8000."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import neo4j.exceptions
import redis.exceptions
import uvicorn
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from qdrant_client.http.exceptions import ApiException

from osmose.client_config import ClientConfig
from osmose.extraction import Extractor
from osmose.ingestion import Ingestion, Receipt
from osmose.logs import configure_logs
from osmose.metrics import Metrics
from osmose.release import serve_more
from osmose.search import Match, Search
from osmose.settings import Settings
from osmose.stores import Stores

# Longer than a proxy keeps its connections, so that it is never the application that closes one in use.
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 20
_STORE_ERRORS = {
    "neo4j": (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError),
    "qdrant": (ApiException,),
    "redis": (redis.exceptions.RedisError,),
}

_log = logging.getLogger("osmose.api")


class DocumentRequest(BaseModel):
    title: str = Field(min_length=1, max_length=500)
    text: str = Field(min_length=1, max_length=2_000_000)


class SearchRequest(BaseModel):
    query: str = Field(min_length=1, max_length=2_000)
    limit: int = Field(default=10, ge=1, le=100)


def create_app(settings: Settings) -> FastAPI:
    config = ClientConfig.read(settings.config_directory)
    stores = Stores.connect(settings)
    metrics = Metrics(settings.version)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        stores.close()

    app = FastAPI(title="OSMOSE", version=settings.version, lifespan=lifespan)
    _answer_store_errors(app)
    _count_requests(app, metrics)
    _serve_state(app, settings, stores, metrics)
    _serve_documents(app, Ingestion(stores, settings, config), stores, metrics)
    _serve_concepts(app, Search(stores, Extractor(config)), stores)
    serve_more(app, settings, stores.graph)
    return app


def _serve_state(app: FastAPI, settings: Settings, stores: Stores, metrics: Metrics) -> None:
    @app.get("/health")
    def health(response: Response) -> dict[str, Any]:
        services = stores.states()
        healthy = all(state == "up" for state in services.values())
        response.status_code = 200 if healthy else 503
        return {"status": "healthy" if healthy else "unhealthy", "services": services}

    @app.get("/ready")
    def ready(response: Response) -> dict[str, bool]:
        is_ready = all(state == "up" for state in stores.states().values())
        response.status_code = 200 if is_ready else 503
        return {"ready": is_ready}

    @app.get("/version")
    def version() -> dict[str, str]:
        return {
            "name": "osmose",
            "version": settings.version,
            "tenant_id": settings.tenant_id,
            "container": socket.gethostname(),
        }

    @app.get("/stats")
    def stats() -> dict[str, int]:
        return {**stores.graph.counts(), "vectors": stores.vectors.count(), "queued": stores.queue.pending()}

    @app.get("/metrics")
    def prometheus() -> Response:
        try:
            metrics.queue_pending.set(stores.queue.pending())
        except redis.exceptions.RedisError:
            # Unknown is not zero, and the other metrics are still worth reading.
            metrics.queue_pending.set(float("nan"))
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _serve_documents(app: FastAPI, ingestion: Ingestion, stores: Stores, metrics: Metrics) -> None:
    @app.post("/documents", status_code=201)
    def receive(request: DocumentRequest, response: Response) -> Receipt:
        with metrics.ingestion_duration.time(), metrics.ingestion_errors.count_exceptions():
            receipt = ingestion.receive(request.title, request.text)
        metrics.ingested.labels(receipt.outcome).inc()
        if receipt.outcome == "already-known":
            response.status_code = 200
        return receipt

    @app.get("/documents/{document_id}")
    def document(document_id: str) -> dict[str, Any]:
        found = stores.graph.document(document_id)
        if found is None:
            raise HTTPException(404, f"no document {document_id}")
        return found


def _serve_concepts(app: FastAPI, search: Search, stores: Stores) -> None:
    @app.post("/search")
    def nearest(request: SearchRequest) -> dict[str, list[Match]]:
        return {"matches": search.nearest(request.query, request.limit)}

    @app.get("/concepts")
    def concepts(after: str = "", limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
        """A page in the order of names; `next` is the `after` of the following page."""
        page = stores.graph.concepts(after, limit)
        return {"concepts": page, "next": page[-1]["canonical_name"] if len(page) == limit else None}


def _answer_store_errors(app: FastAPI) -> None:
    for store, kinds in _STORE_ERRORS.items():
        for kind in kinds:
            app.add_exception_handler(kind, _unavailable(store))


def _unavailable(store: str) -> Callable[[Request, Exception], JSONResponse]:
    def answer(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s failed during %s %s: %s", store, request.method, request.url.path, error)
        return JSONResponse({"error": f"{store} is not available"}, status_code=503, headers={"Retry-After": "5"})

    return answer


def _count_requests(app: FastAPI, metrics: Metrics) -> None:
    @app.middleware("http")
    async def count(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await proceed(request)
        route = getattr(request.scope.get("route"), "path", "none")
        metrics.requests.labels(request.method, route, response.status_code).inc()
        return response


def main() -> None:
    settings = Settings.from_environment(os.environ)
    configure_logs(settings)
    uvicorn.run(
        create_app(settings),
        host="0.0.0.0",
        port=8000,
        access_log=False,
        log_config=None,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    main()
