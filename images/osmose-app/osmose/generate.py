"""Fills an instance quickly, below the API: concepts with relations, documents, pending terms, and vectors.

python -m osmose.generate --concepts 20000 [--payload-bytes 4096] [--batch 1000] [--start 0]

Everything follows from its number, so the same range twice changes nothing, and --start continues where another run
ended. Each concept costs about 4.2 kB of vector in Qdrant, and its payload in Neo4j and in Qdrant. The payload hardly
compresses, so that what is stored is nearly what a backup must move.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from osmose.generated_graph import GeneratedGraph
from osmose.generated_vectors import GeneratedVectors
from osmose.settings import Settings

# A transaction and a message stay small, however large the payloads are.
_BATCH_BYTES = 2 * 1024 * 1024
_PROGRESS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    start: int
    concepts: int
    payload_bytes: int
    batch: int

    def ranges(self, row_bytes: int) -> Iterator[range]:
        size = max(1, min(self.batch, _BATCH_BYTES // row_bytes))
        end = self.start + self.concepts
        edges = [*range(self.start, end, size), end]
        return (range(low, high) for low, high in pairwise(edges))


class Progress:
    """Prints how far one store is, at most every two seconds."""

    def __init__(self, store: str, total: int) -> None:
        self._store, self._total = store, total
        self._began = self._printed = time.monotonic()
        self._done = self._bytes = 0

    def add(self, concepts: int, size_bytes: int) -> None:
        self._done += concepts
        self._bytes += size_bytes
        if time.monotonic() - self._printed >= _PROGRESS_SECONDS or self._done == self._total:
            self._print()

    def _print(self) -> None:
        self._printed = time.monotonic()
        seconds = max(self._printed - self._began, 0.001)
        megabytes = self._bytes / 1e6
        print(
            f"{self._store:<7} {self._done}/{self._total} concepts  {megabytes:.1f} MB  "
            f"{self._done / seconds:.0f}/s  {megabytes / seconds:.1f} MB/s",
            flush=True,
        )


def fill(
    store: str, options: Options, row_bytes: int, write: Callable[[range, int], int], stop: threading.Event
) -> None:
    progress = Progress(store, options.concepts)
    try:
        for numbers in options.ranges(row_bytes):
            if stop.is_set():
                return
            progress.add(len(numbers), write(numbers, options.payload_bytes))
    except BaseException:
        # The other store need not be filled for nothing.
        stop.set()
        raise


def main() -> None:
    options = _parse()
    settings = Settings.from_environment(os.environ)
    graph, vectors, stop = GeneratedGraph.connect(settings), GeneratedVectors.connect(settings), threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        filled = [
            pool.submit(fill, "graph", options, 600 + options.payload_bytes, graph.write, stop),
            pool.submit(fill, "vectors", options, 4300 + options.payload_bytes, vectors.write, stop),
        ]
    for future in filled:
        future.result()
    vectors.settle()
    seconds = round(time.monotonic() - began, 1)
    print(json.dumps({**graph.counts(), "vectors": vectors.count(), "seconds": seconds}), flush=True)
    graph.close()
    vectors.close()


def _parse() -> Options:
    parser = argparse.ArgumentParser(prog="python -m osmose.generate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--concepts", type=_count, required=True, help="how many concepts to write")
    parser.add_argument("--payload-bytes", type=_count, default=256, help="description of each concept (256)")
    parser.add_argument("--batch", type=_count, default=1000, help="most concepts in one transaction (1000)")
    parser.add_argument("--start", type=_count, default=0, help="number of the first concept (0)")
    parsed = parser.parse_args()
    if parsed.concepts == 0 or parsed.batch == 0:
        parser.error("--concepts and --batch must be at least 1")
    return Options(parsed.start, parsed.concepts, parsed.payload_bytes, parsed.batch)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return number


if __name__ == "__main__":
    main()
