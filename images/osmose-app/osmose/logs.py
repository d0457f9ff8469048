"""Log lines on standard output: one JSON object a line, or text for people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from osmose.settings import Settings


class _JsonFormatter(logging.Formatter):
    def __init__(self, tenant_id: str) -> None:
        super().__init__()
        self._tenant_id = tenant_id

    def format(self, record: logging.LogRecord) -> str:
        context: dict[str, Any] = {"tenant_id": self._tenant_id, **getattr(record, "context", {})}
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "context": context,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logs(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stdout)
    if settings.log_format == "json":
        handler.setFormatter(_JsonFormatter(settings.tenant_id))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    # They report every request or notification at INFO.
    for chatty in ("httpx", "neo4j"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
