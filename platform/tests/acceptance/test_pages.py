"""The web pages of a node in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nodes import Node
from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        reason = "there is no Chromium; scripts/chromium.sh installs it"
        if os.environ.get("OAAS_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


async def test_the_documentation_calls_the_api(node: Node, browser: Browser, tmp_path: Path) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 1600})
    strangers: list[str] = []
    errors: list[str] = []
    page.on(
        "request", lambda r: strangers.append(r.url) if not r.url.startswith((node.url, "data:", "blob:")) else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{node.url}/docs")
    await page.get_by_text("/algorithmExecutions", exact=True).first.wait_for()
    operation = page.locator("#operations-node-getInfo")
    await operation.click()
    await operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table tbody td.response-col_status").first
    await answer.wait_for()
    assert "200" in await answer.inner_text()
    assert node.runtime in await operation.locator(".live-responses-table .highlight-code").first.inner_text()
    await page.screenshot(path=os.environ.get("OAAS_SCREENSHOT", str(tmp_path / "docs.png")))
    assert strangers == []
    assert errors == []
