"""What the client configured in config/: flags, extraction rules, own terms. Missing files mean the defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class FeatureFlags:
    proto_concepts: bool = True
    concept_relations: bool = True
    extraction_cache: bool = True


@dataclass(frozen=True, slots=True)
class ExtractionRules:
    minimum_term_length: int = 4
    maximum_concepts_per_document: int = 8
    maximum_proto_concepts_per_document: int = 8
    stop_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ClientConfig:
    flags: FeatureFlags = field(default_factory=FeatureFlags)
    rules: ExtractionRules = field(default_factory=ExtractionRules)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Canonical name by lower-case synonym."""

    @classmethod
    def read(cls, directory: Path) -> ClientConfig:
        return cls(
            flags=FeatureFlags(**_read_yaml(directory / "feature_flags.yaml")),
            rules=_read_rules(directory / "rules"),
            synonyms=_read_synonyms(directory / "ontologies"),
        )


def _read_rules(directory: Path) -> ExtractionRules:
    # Later files win, so a client's rules may be called anything after default_rules.yaml.
    merged: dict[str, Any] = {}
    for file in sorted(directory.glob("*.yaml"), key=lambda path: (path.name != "default_rules.yaml", path.name)):
        merged |= _read_yaml(file).get("extraction", {})
    merged["stop_words"] = frozenset(merged.get("stop_words", ()))
    return ExtractionRules(**merged)


def _read_synonyms(directory: Path) -> dict[str, str]:
    synonyms: dict[str, str] = {}
    for file in sorted(directory.glob("*.json")):
        for term in json.loads(file.read_text())["terms"]:
            synonyms |= {synonym.lower(): term["canonical"] for synonym in (term["canonical"], *term["synonyms"])}
    return synonyms


def _read_yaml(file: Path) -> dict[str, Any]:
    return (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
