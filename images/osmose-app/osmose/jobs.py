"""What the worker does. RQ finds these functions by name; the names are in Redis, so they do not change."""

from __future__ import annotations

from osmose.client_config import ClientConfig
from osmose.ingestion import Ingestion
from osmose.settings import Settings
from osmose.stores import Stores

# RQ calls plain functions, so this is the one place where a process keeps what they work on.
_prepared: list[Ingestion] = []


def prepare(settings: Settings) -> None:
    """Called once by the worker, before its first job."""
    _prepared[:] = [Ingestion(Stores.connect(settings), settings, ClientConfig.read(settings.config_directory))]


def finish_document(document_id: str) -> None:
    _prepared[0].finish(document_id)
