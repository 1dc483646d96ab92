"""Web pages of another origin call the API: those that the operator named, and no others."""

from __future__ import annotations

import http.server
import json
import mimetypes
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastapi_offline
import pytest
from fastapi.openapi.docs import get_swagger_ui_html
from playwright.sync_api import Locator, Page, expect
from projects import Project

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]
STATIC = Path(fastapi_offline.__file__).parent / "static"


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Another origin, with the pages that it serves."""
    pages: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = STATIC / self.path.lstrip("/")
            body = pages.get(self.path) or (file.read_bytes() if file.is_file() else None)
            self.send_response(200 if body else 404)
            kind = mimetypes.guess_type(self.path)[0] or "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments: Any) -> None:
            """Be quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", pages
        server.shutdown()


def test_swagger_ui_at_another_origin(
    project: Project, sample_image: str, elsewhere: tuple[str, dict[str, bytes]], page: Page
) -> None:
    origin, pages = elsewhere
    project.variables["OAAS_CORS_ORIGINS"] = f"https://plans.example.org, {origin}"
    project.up()
    pages["/"] = bytes(
        get_swagger_ui_html(
            openapi_url=f"{project.url}/openapi.json",
            title="Swagger UI",
            swagger_js_url="/swagger-ui-bundle.js",
            swagger_css_url="/swagger-ui.css",
            swagger_favicon_url="/favicon.png",
            swagger_ui_parameters={"tryItOutEnabled": True, "deepLinking": False},
        ).body
    )
    page.goto(origin)

    body = {"name": "from the browser", "image": sample_image}
    answer = _execute(page.locator("[id$=-registerRepository]"), body=body, prefer="wait=60")
    assert answer["status"] == "ready", answer

    instance = project.post("/algorithmRepositoriesInstances", {"algorithmRepositoryId": answer["id"]}, 202)
    assert instance["status"] == "ready"
    (algorithm,) = project.get("/algorithms", name="noop")["items"]
    created = project.post(
        "/algorithmExecutions", {"algorithmId": algorithm["id"], "input": {"numbers": [20, 22]}, "launch": False}, 201
    )
    answer = _execute(page.locator("[id$=-launchExecution]"), id_=created["id"], prefer="wait=30")
    assert (answer["state"], answer["output"]) == ("succeeded", {"sum": 42})


def test_other_origins_get_nothing(project: Project, elsewhere: tuple[str, dict[str, bytes]], page: Page) -> None:
    origin, pages = elsewhere
    project.variables["OAAS_CORS_ORIGINS"] = "https://plans.example.org"
    project.up()
    pages["/"] = b"<!doctype html><title>Elsewhere</title>"
    page.goto(origin)
    script = "url => fetch(url).then(answer => answer.text(), error => 'refused: ' + error)"
    assert page.evaluate(script, f"{project.url}/info").startswith("refused")
    post = "url => fetch(url, {method: 'POST', body: '{}', headers: {'Content-Type': 'application/json'}})"
    assert page.evaluate(f"{post}.then(a => a.text(), e => 'refused')", f"{project.url}/algorithmRepositories") == (
        "refused"
    )


def _execute(operation: Locator, *, prefer: str, body: Any = None, id_: int | None = None) -> dict[str, Any]:
    """Fill in and execute an operation of Swagger UI, and read the answer that it shows."""
    operation.locator(".opblock-summary-control").click()
    operation.get_by_placeholder("prefer").fill(prefer)
    if id_ is not None:
        operation.get_by_placeholder("id", exact=True).fill(str(id_))
    if body is not None:
        operation.locator("textarea.body-param__text").fill(json.dumps(body))
    operation.get_by_role("button", name="Execute").click()
    shown = operation.locator(".live-responses-table tbody .response-col_description .highlight-code code").first
    expect(shown).to_be_visible(timeout=90_000)
    return dict(json.loads(shown.inner_text()))
