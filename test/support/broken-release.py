"""The reference application with the fault that FAULT names: runs in place of python -m osmose.api.

A fault that comes with time begins after FAULT_AFTER requests through the edge, which says so in a header. What asks the
application past the edge, as smoke tests and health checks do, neither counts nor suffers.
"""

import asyncio
import json
import os
import time
from functools import partial
from types import SimpleNamespace

from neo4j import GraphDatabase
from osmose import api, graph

FAULT = os.environ["FAULT"]
AFTER = int(os.environ.get("FAULT_AFTER", "0"))
STATE_PATHS = ("/health", "/ready", "/version", "/metrics")


class Faulty:
    """Answers what the fault says, and leaves the rest to the application."""

    def __init__(self, app):
        self.app = app
        self.asked = 0
        self.held = []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = scope["path"]
        if FAULT == "never-healthy" and path == "/ready":
            return await answer(send, 503, {"ready": False})
        if FAULT == "fails-smoke" and path == "/health":
            return await answer(send, 200, {"status": "degraded"})
        if path not in STATE_PATHS and any(name == b"x-forwarded-for" for name, _ in scope["headers"]):
            self.asked += 1
            beyond = self.asked - AFTER
            if FAULT == "errors-after-switch" and beyond > 0 and beyond % 3 == 0:
                return await answer(send, 500, {"error": "a fault of this release"})
            if FAULT == "leaks-connections" and beyond > 0 and beyond % 10 == 0:
                await asyncio.to_thread(self.leak)
        await self.app(scope, receive, send)

    def leak(self):
        """Opens a transaction and forgets it; without a free connection the application notices soon enough."""
        try:
            transaction = drivers[0].session().begin_transaction()
            transaction.run("RETURN 1").consume()
            self.held.append(transaction)
        except Exception as error:
            print(f"no connection is left to leak after {len(self.held)}: {error}", flush=True)


async def answer(send, status, body):
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


drivers = []


def remembered_driver(*arguments, **named):
    """An impatient driver, so that a pool without connections shows as errors and not as a minute of silence."""
    drivers.append(GraphDatabase.driver(*arguments, **named, connection_acquisition_timeout=2))
    return drivers[-1]


if FAULT == "slow-start":
    time.sleep(30)
if FAULT == "leaks-connections":
    graph.GraphDatabase = SimpleNamespace(driver=remembered_driver)
api.create_app = partial(lambda create, settings: Faulty(create(settings)), api.create_app)
api.main()
