"""A page of an instance in a real browser: it works, and can do nothing to the node."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from direct_bench import Bench
from playwright.async_api import Browser, async_playwright

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


async def test_a_page_that_means_harm(direct: Bench, browser: Browser) -> None:
    path = f"/algorithmRepositoriesInstances/{direct.id}"
    page = await browser.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    await page.goto(f"{direct.url}/page?instance={path}")
    await page.wait_for_function("document.title === 'done'")
    found = {
        name: await page.locator(f"#{name}").inner_text() for name in ("script", "api", "cookies", "storage", "own")
    }
    assert found == {
        "script": "runs",
        "api": "TypeError",
        "cookies": "SecurityError",
        "storage": "SecurityError",
        "own": "allowed by the server",
    }
    # It has tried, and the node did not listen.
    assert f"POST {direct.node.url}{path}/stop" in sent
    instance = await direct.node.get(path)
    assert (instance["desired"], instance["status"]) == ("running", "ready")
