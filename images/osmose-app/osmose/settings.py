"""The environment, read once and checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_REQUIRED = ("NEO4J_URI", "NEO4J_PASSWORD", "QDRANT_URL", "REDIS_URL", "JWT_SECRET_KEY")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """The environment is not usable; the message names every problem."""


@dataclass(frozen=True, slots=True)
class Settings:
    version: str
    tenant_id: str
    log_level: str
    log_format: str
    neo4j_uri: str
    neo4j_user: str
    neo4j_password: str = field(repr=False)
    neo4j_pool_size: int
    qdrant_url: str
    qdrant_api_key: str | None = field(repr=False)
    qdrant_collection: str
    redis_url: str
    redis_password: str | None = field(repr=False)
    jwt_secret_key: str = field(repr=False)
    openai_api_key: str | None = field(repr=False)
    config_directory: Path
    data_directory: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        _refuse_unusable(environment)
        return cls(
            version=environment.get("OSMOSE_VERSION", "0.0.0"),
            tenant_id=environment.get("TENANT_ID") or "default",
            log_level=environment.get("LOG_LEVEL") or "INFO",
            log_format=environment.get("LOG_FORMAT") or "json",
            neo4j_uri=environment["NEO4J_URI"],
            neo4j_user=environment.get("NEO4J_USER") or "neo4j",
            neo4j_password=environment["NEO4J_PASSWORD"],
            neo4j_pool_size=int(environment.get("NEO4J_MAX_CONNECTION_POOL_SIZE") or 50),
            qdrant_url=environment["QDRANT_URL"],
            qdrant_api_key=environment.get("QDRANT_API_KEY") or None,
            qdrant_collection=environment.get("QDRANT_COLLECTION") or "concepts",
            redis_url=environment["REDIS_URL"],
            redis_password=environment.get("REDIS_PASSWORD") or None,
            jwt_secret_key=environment["JWT_SECRET_KEY"],
            openai_api_key=environment.get("OPENAI_API_KEY") or None,
            config_directory=Path(environment.get("CONFIG_DIRECTORY") or "/app/config"),
            data_directory=Path(environment.get("DATA_DIRECTORY") or "/app/data"),
        )


def _refuse_unusable(environment: Mapping[str, str]) -> None:
    problems = [f"{name} is not set" for name in _REQUIRED if not environment.get(name)]
    if (environment.get("LOG_LEVEL") or "INFO") not in _LOG_LEVELS:
        problems.append(f"LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}")
    if (environment.get("LOG_FORMAT") or "json") not in ("json", "text"):
        problems.append("LOG_FORMAT must be json or text")
    if not (environment.get("NEO4J_MAX_CONNECTION_POOL_SIZE") or "50").isdigit():
        problems.append("NEO4J_MAX_CONNECTION_POOL_SIZE must be a whole number")
    if problems:
        raise SettingsError("; ".join(problems))
