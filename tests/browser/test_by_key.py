"""Every page by the keyboard alone, in either shade, enlarged, in somebody's own colours; and what was typed is kept.

One person, one page: what is walked is what a person without a pointer, or with other eyes, would meet.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import DESK, arm, enter, go, rule, watched
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM
from tests.browser.test_walk import AXE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), NEEDS_CHROMIUM, NEEDS_BUILD]

PAGES = ("Home", "Say when", "Rules", "Market", "Activity", "Account")
WORDS = "buy 2 SOL now\n" + "\n".join(f"alert me when SOL-PERP is above {price}" for price in (161, 162, 163))
_HERE = """() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const box = one.getBoundingClientRect(), look = getComputedStyle(one);
  const x = Math.max(0, Math.min(innerWidth - 1, box.left + box.width / 2));
  const y = Math.max(0, Math.min(innerHeight - 1, box.top + box.height / 2));
  const top = document.elementFromPoint(x, y);
  const name = one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText || "";
  return {
    name: name.trim(), html: one.outerHTML.slice(0, 120),
    seen: look.pointerEvents === "none" || one.contains(top) || (top !== null && top.contains(one)),
    ringed: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1,
  };
}"""
"""Where the focus is: whether it can be seen there, and under which name."""
_REACHABLE = """(within) => [...document.querySelector(within).querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({visibilityProperty: true})).length"""


def here(page: Page) -> dict[str, Any] | None:
    found: dict[str, Any] | None = page.evaluate(_HERE)
    return found


def settled(page: Page) -> None:
    expect(page.locator("output").get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("^Loading "))).to_have_count(0)


def walked(page: Page, name: str, wanted: int) -> list[str]:
    """What is wrong with the next *wanted* places that Tab leads to: unnamed, out of sight, unmarked, or fewer."""
    faults: list[str] = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        found = here(page)
        if found is None:
            return [*faults, f"{name}: Tab ends before {wanted}"]
        faults += [f"{name}: {what} of {found}" for what in ("name", "seen", "ringed") if not found[what]]
    return faults


def test_every_page_is_walked_by_tab_alone_and_lists_by_the_arrows(address: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK, timezone_id="Europe/Berlin"))
    enter(page, address)
    page.get_by_role("button", name="Use Europe/Berlin").click()
    arm(page, WORDS)
    faults: list[str] = []
    for name in PAGES:
        go(page, name)  # reading goes on in the page itself
        settled(page)
        faults += walked(page, name, page.evaluate(_REACHABLE, "#page"))
    # Opened anew, with the times of another zone: what is drawn in them waits for the settings.
    page.goto(f"{address}/market")
    settled(page)
    faults += walked(page, "Market anew", page.evaluate(_REACHABLE, "body"))
    assert faults == []

    page.goto(f"{address}/rules")
    settled(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skips to the page
    for _ in range(7):
        page.keyboard.press("Tab")
    assert [here(page)["name"]] == [page.get_by_role("button", name="Pick all 3").inner_text()]  # type: ignore[index]
    for key, name in (("Tab", "Pick r2"), ("End", "Pick r4"), ("ArrowUp", "Pick r3"), ("Tab", "Pause r3")):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_accessible_name(name)
    page.keyboard.press("Enter")
    expect(rule(page, "r3").get_by_text("Paused")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_have_accessible_name(re.compile("r4$"))

    go(page, "Market")
    time = page.get_by_role("slider", name=re.compile("^Time in sight"))
    time.focus()
    shown = time.get_attribute("aria-valuetext")
    page.keyboard.press("PageUp")
    expect(time).not_to_have_attribute("aria-valuetext", shown or "")

    # What was just done is where reading goes on, and what was typed meanwhile is not lost.
    go(page, "Say when")
    page.locator("#words").fill("alert me when SOL-PERP is above 164")
    page.reload()
    expect(page.locator("#words")).to_have_value("alert me when SOL-PERP is above 164")
    page.locator("#words").press("Enter")
    expect(page.get_by_role("heading", name="Is this what you mean?")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_accessible_name("Confirm")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("SayWhen does not answer.")
    expect(page.locator("output").get_by_text("Offline")).to_be_visible()
    page.context.set_offline(False)
    # Nobody's finger is on Confirm any more: it is not pressed again by itself.
    expect(page.locator("output").get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Confirm", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Confirmed")).to_be_focused()
    assert [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text] == []

    # ── other eyes: light, enlarged twice and more, somebody's own few colours ──
    go(page, "Account")
    page.get_by_role("button", name="Light", exact=True).click()
    page.evaluate(AXE.read_text())
    for path in ("Home", "Rules", "Market", "Say when"):
        go(page, path)
        settled(page)
        run = "axe.run({runOnly: ['color-contrast']}).then((all) => all.violations.flatMap((one) => one.nodes))"
        assert [node["html"] for node in page.evaluate(run)] == [], path
    page.emulate_media(forced_colors="active")
    for width in (720, 320):  # 1440 at 200 %, and 1280 at 400 %
        page.set_viewport_size({"width": width, "height": 450})
        for path in PAGES:
            go(page, path)
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
