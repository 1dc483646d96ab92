"""The web pages of a node in a real browser."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nodes import Node
from playwright.async_api import Browser, async_playwright

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
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
