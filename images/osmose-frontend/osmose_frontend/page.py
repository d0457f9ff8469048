"""One page of HTML."""

from __future__ import annotations

import os
from html import escape
from typing import Any

from osmose_frontend.state import State

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5d6b7a; --paper: #f6f8fa; --card: #fff; --line: #dfe5eb;
        --good: #1a7f4b; --bad: #b3261e; --accent: #2455a4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf2; --soft: #98a6b5; --paper: #12181f; --card: #1b232c; --line: #2c3743; --good: #4fc486;
          --bad: #f2857d; --accent: #8ab4f8 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .5rem 1rem; margin-bottom: 1.5rem }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: .02em }
h2 { margin: 2rem 0 .75rem; font-size: 1rem; color: var(--soft); font-weight: 600 }
.soft { color: var(--soft) }
.badge { padding: .1rem .65rem; border: 1px solid; border-radius: 1rem; font-size: .85rem; font-weight: 600 }
.good { color: var(--good) } .bad { color: var(--bad) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums }
form { display: flex; gap: .5rem }
input, button { font: inherit; padding: .5rem .8rem; border-radius: .5rem; border: 1px solid var(--line) }
input { flex: 1; min-width: 0; background: var(--card); color: inherit }
button { background: var(--accent); color: var(--card); border-color: var(--accent) }
table { width: 100%; border-collapse: collapse; margin-top: .75rem }
th, td { text-align: left; padding: .45rem .5rem; border-bottom: 1px solid var(--line) }
footer { margin-top: 2.5rem; font-size: .85rem }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
"""
_COUNTS = {
    "documents": "Documents",
    "concepts": "Concepts",
    "proto_concepts": "Pending terms",
    "relations": "Relations",
    "vectors": "Vectors",
    "queued": "Jobs waiting",
}


def render(state: State, query: str, matches: list[dict[str, Any]] | None) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>OSMOSE</title>
<style>{_STYLE}</style>
</head>
<body><main>
{_header(state)}
{_services(state)}
{_counts(state)}
{_search(query, matches)}
{_footer()}
</main></body>
</html>
"""


def _header(state: State) -> str:
    if not state.reachable:
        badge = '<span class="badge bad">application not reachable</span>'
    elif state.healthy:
        badge = '<span class="badge good">healthy</span>'
    else:
        badge = '<span class="badge bad">unhealthy</span>'
    version = escape(state.version.get("version", "version unknown"))
    tenant = escape(state.version.get("tenant_id", ""))
    return f'<header><h1>OSMOSE</h1><span class="soft">{version} {tenant}</span>{badge}</header>'


def _footer() -> str:
    return f'<footer class="soft">front end {escape(os.environ.get("OSMOSE_VERSION", "of an unknown version"))}</footer>'


def _services(state: State) -> str:
    services = state.health.get("services")
    if not isinstance(services, dict):
        return "<p>The application does not answer. This page will show its state when it does.</p>"
    cards = "".join(
        f'<div class="card"><span class="soft">{escape(name)}</span>'
        f'<b class="{"good" if told == "up" else "bad"}">{escape(str(told))}</b></div>'
        for name, told in services.items()
    )
    return f'<h2>Stores</h2><div class="cards">{cards}</div>'


def _counts(state: State) -> str:
    if not state.stats:
        return '<h2>Contents</h2><p class="soft">unknown at the moment</p>' if state.reachable else ""
    cards = "".join(
        f'<div class="card"><span class="soft">{label}</span><b>{state.stats[key]:,}</b></div>'
        for key, label in _COUNTS.items()
        if key in state.stats
    )
    return f'<h2>Contents</h2><div class="cards">{cards}</div>'


def _search(query: str, matches: list[dict[str, Any]] | None) -> str:
    form = (
        f'<h2>Search concepts</h2><form action="/" method="get">'
        f'<input name="q" value="{escape(query)}" placeholder="a concept, or a question" aria-label="query">'
        f"<button>Search</button></form>"
    )
    if not query:
        return form
    if matches is None:
        return f'{form}<p class="bad">The search did not answer.</p>'
    if not matches:
        return f'{form}<p class="soft">Nothing found.</p>'
    rows = "".join(
        f"<tr><td>{escape(match['canonical_name'])}</td><td class=number>{match['documents']:,}</td>"
        f"<td class=number>{match['score']:.3f}</td></tr>"
        for match in matches
    )
    return (
        f"{form}<table><tr><th>Concept</th><th class=number>Documents</th><th class=number>Score</th></tr>"
        f"{rows}</table>"
    )
