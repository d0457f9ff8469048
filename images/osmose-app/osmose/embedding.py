"""Vectors that follow from names. They stand in for a model's embeddings: equal names, equal vectors, anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import shake_256

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 1024

Vector = NDArray[np.float32]


def concept_vector(canonical_name: str) -> Vector:
    # The bytes of an extendable hash, not a seeded generator: no library version can change them.
    digest = shake_256(canonical_name.encode()).digest(2 * DIMENSIONS)
    return _unit(np.frombuffer(digest, dtype="<i2").astype(np.float32))


def query_vector(canonical_names: Iterable[str]) -> Vector:
    """Near to the vector of every name given, at least one."""
    return _unit(np.sum([concept_vector(name) for name in canonical_names], axis=0))


def _unit(vector: Vector) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
