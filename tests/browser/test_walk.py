"""One walk over every page, on a desk and on a phone: nothing that axe objects to, nothing wider than the screen.

`SAYWHEN_SCREENS=docs/screens` keeps a picture of each page; whoever changes a page looks at them.
"""

import os
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import DESK, EXAMPLE, PHONE, arm, go, picked, rule, say, with_wallet
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, ROOT, apart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240), NEEDS_CHROMIUM, NEEDS_BUILD]

SCREENS = os.environ.get("SAYWHEN_SCREENS")
"""A directory for pictures of every page; none are kept where it is not set."""
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


class Walk:
    """Looks at pages as they come by, and keeps what is wrong with them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._axe = AXE.read_text()
        self.faults: list[str] = []

    def look(self, name: str) -> None:
        page = self._page
        if not page.evaluate("'axe' in window"):
            page.evaluate(self._axe)
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            page.set_viewport_size(viewport)
            page.evaluate("scrollTo(0, 0)")
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > viewport["width"]:
                self.faults.append(f"{name} is {width} wide on a {size}")
            found: list[dict[str, Any]] = page.evaluate(
                "axe.run({resultTypes: ['violations']}).then((all) => all.violations)"
            )
            for fault in found:
                nodes = [f"{node['target']} {node['html'][:160]}" for node in fault["nodes"][:3]]
                self.faults.append(f"{name} on a {size}: {fault['id']}, {fault['help']}: {nodes}")
            if SCREENS:
                page.wait_for_timeout(400)  # the canvas follows its new size
                page.screenshot(path=str(Path(SCREENS) / f"{name}-{size}.png"))
        page.set_viewport_size(DESK)


_SHIFTS = """window.shifted = 0; new PerformanceObserver((seen) => {
  for (const one of seen.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({type: "layout-shift", buffered: true});"""
_INKS = """() => {
  const canvas = document.querySelector("canvas");
  const seen = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(seen.buffer)).size;
}"""
"""How many colours a chart is drawn in."""
MOST_SHIFT = 0.05
"""Of the screen, over a page's whole load; 0.1 is what is called good."""


def shift(page: Page, path: str) -> float:
    """How much moved by itself while the page at *path* was loaded and filled."""
    page.goto(path)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("^Loading "))).to_have_count(0)
    return float(page.evaluate("window.shifted"))


async def _begun_yesterday(dsn: str, owner: int) -> None:
    """As if the owner had traded a day ago: the curve has a past to show."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("UPDATE users SET created_at = created_at - interval '1 day' WHERE id = $1", owner)
        await connection.execute("UPDATE trades SET at = at - interval '20 hours' WHERE owner = $1", owner)
    finally:
        await connection.close()


def test_no_page_has_a_fault_that_axe_knows_or_is_wider_than_its_screen(
    address: str, dsn: str, browser: Browser
) -> None:
    context = browser.new_context(viewport=DESK, timezone_id="UTC", reduced_motion="reduce")
    page, complaints = with_wallet(context, address, features="signIn")
    walk = Walk(page)
    expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    walk.look("sign-in")
    page.get_by_role("button", name="Continue on paper").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    walk.look("home-empty")

    arm(page, "buy 2 SOL at 5x now")
    arm(page, "alert me when RSI(14) on 1m SOL is under 20")
    arm(page, "sell half my SOL when it rises 8 %")
    say(page, EXAMPLE)
    expect(page.get_by_role("group", name="0.1 and 0.2: dollars or percent?")).to_be_visible()
    walk.look("say-question")
    picked(page, "^Percent")
    expect(page.get_by_text("Is this what you mean?")).to_be_visible()
    walk.look("say-confirm")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("heading", name="Confirmed")).to_be_visible()
    page.get_by_label("When should what happen?").fill("buy 1 SOL when SOL drops 1 %, stop at 3 % below my entry")
    page.get_by_role("button", name="Fill in fields instead").click()
    expect(page.get_by_role("group", name="Rule 1")).to_be_visible()
    expect(page.get_by_role("list", name="Lines").get_by_text("fires at").first).to_be_visible()
    picked(page, "last 30 days")
    expect(page.get_by_text(re.compile("^It would (not )?have fired"))).to_be_visible(timeout=30_000)
    walk.look("say-fields")

    owner = page.evaluate("fetch('/api/auth/me').then((r) => r.json()).then((me) => me.owner)")
    apart(_begun_yesterday(dsn, owner))
    page.reload()
    go(page, "Home")
    expect(page.get_by_role("slider", name="Equity from $")).to_be_visible()
    expect(page.get_by_role("row", name="SOL-PERP long")).to_be_visible()
    walk.look("home")
    go(page, "Rules")
    expect(rule(page, "r3")).to_be_visible()
    rule(page, "r3").get_by_role("checkbox").check()
    walk.look("rules")
    rule(page, "r3").get_by_role("button", name="History").click()
    expect(page.get_by_role("dialog").get_by_text("armed", exact=True)).to_be_visible()
    walk.look("rules-history")
    page.get_by_role("button", name="Close").click()
    go(page, "Market")
    expect(page.get_by_role("slider", name="Price of r3")).to_be_visible()
    while page.evaluate(_INKS) <= 4:  # of ground, grid, candles that rose and that fell
        page.wait_for_timeout(50)
    walk.look("market")
    page.get_by_role("button", name="Move r3").click()
    page.get_by_label("New price").fill("170")
    page.get_by_role("button", name="Read it back").click()
    expect(page.get_by_role("dialog").get_by_text("$170.00").first).to_be_visible()
    walk.look("market-moved")
    page.get_by_role("button", name="Leave it as it is").click()
    go(page, "Activity")
    for name in ("Trades", "Orders", "Events", "Given up"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        if name == "Orders":
            page.get_by_role("button", name="All", exact=True).click()
        if name != "Given up":
            expect(page.get_by_text("bought" if name == "Events" else "SOL-PERP").first).to_be_attached()
        walk.look(f"activity-{name.lower().replace(' ', '-')}")
        if name == "Trades":
            page.get_by_role("button", name="r1").click()
            expect(page.get_by_role("dialog").get_by_text("It filled")).to_be_visible()
            walk.look("activity-origin")
            page.get_by_role("button", name="Close").click()
    go(page, "Account")
    expect(page.get_by_label("Largest order, $")).to_be_visible()
    page.get_by_role("button", name="Link a chat").click()
    expect(page.get_by_text("Send this to the bot")).to_be_visible()
    walk.look("account")
    page.get_by_role("button", name="New key").click()
    walk.look("account-key")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="New key")).to_be_focused()
    page.get_by_role("button", name="Delete my account").click()
    walk.look("account-delete")
    assert walk.faults == []
    page.add_init_script(_SHIFTS)
    page.set_viewport_size(PHONE)
    shifts = {path: shift(page, f"{address}{path}") for path in ("/", "/account", "/activity")}
    assert max(shifts.values()) <= MOST_SHIFT, shifts
    assert complaints == []
