"""The dashboard in a real browser, on the real product: from an empty page to rules that are watched and changed."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import DESK, EXAMPLE, PHONE, arm, enter, go, picked, rule, say, watched
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, free_port, product

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), NEEDS_CHROMIUM, NEEDS_BUILD]


def test_the_example_sentence_becomes_two_rules_that_are_watched_live(address: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK, timezone_id="Europe/Berlin"))
    enter(page, address)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Prices SIMULATED")).to_be_visible()
    expect(page.get_by_text("paper · play money")).to_be_visible()
    page.get_by_role("button", name="Use Europe/Berlin").click()
    expect(page.get_by_text("times in Europe/Berlin")).to_be_visible()

    arm(page, "buy 2 SOL now")
    go(page, "Home")
    # Nothing reloads this page: the fill and the position come over the socket.
    expect(page.get_by_text(re.compile("^Bought 2 SOL at"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("SOL-PERP long"))).to_be_visible()

    page.get_by_role("button", name="Close SOL-PERP").click()
    closing = page.get_by_role("dialog", name="Close SOL-PERP?")
    expect(closing.get_by_role("button", name="Confirm", exact=True)).to_be_visible()
    closing.get_by_role("button", name="Leave it as it is").click()

    say(page, EXAMPLE)
    expect(page.get_by_role("group", name=re.compile("dollars or percent"))).to_be_visible()
    expect(page.get_by_role("button", name="Confirm", exact=True)).to_have_count(0)
    picked(page, "^Dollars")
    expect(page.get_by_text("Is this what you mean?")).to_be_visible()
    understood = page.get_by_role("group", name="What was understood")
    expect(understood.get_by_text(re.compile(r"falls \$0\.10 from"))).to_be_visible()
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("link", name="See your rules")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm", exact=True)).to_have_count(0)

    go(page, "Rules")
    page.get_by_role("button", name="All", exact=True).click()
    # The market moves on its own, hence a rule may have fired by now; both are there, and both were armed.
    for label, step in (("r2", "falls $0.10"), ("r3", "rises $0.20")):
        expect(rule(page, label).get_by_text(re.compile(re.escape(step)))).to_be_visible()
        rule(page, label).get_by_role("button", name=f"History of {label}").click()
        expect(page.get_by_role("dialog").get_by_text("armed", exact=True)).to_be_visible()
        page.get_by_role("button", name="Close").click()

    go(page, "Activity")
    page.get_by_role("button", name=re.compile("^r1 ?: what led")).click()
    story = page.get_by_role("dialog", name="What led to this fill")
    expect(story.get_by_text("buy 2 SOL now")).to_be_visible()
    expect(story.get_by_text(re.compile("^Bought 2 SOL-PERP at"))).to_be_visible()
    assert complaints == []


def test_a_rule_is_changed_copied_paused_resumed_and_deleted_by_click(address: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context(viewport=PHONE))
    enter(page, address)
    arm(page, "alert me when SOL-PERP is above 170")
    page.get_by_role("link", name="See your rules").click()
    row = rule(page, "r1")
    expect(row.get_by_text("Armed")).to_be_visible()
    expect(row.get_by_text("$170.00", exact=True)).to_be_visible()
    row.get_by_role("button", name="Edit r1").click()
    sheet = page.get_by_role("dialog", name="Edit r1")
    # The rule's own sentence stands in the box, and its fields are the same rule.
    expect(sheet.get_by_label(re.compile("^What r1 shall say"))).to_have_value(re.compile(r"\$170\.00 or higher"))
    sheet.get_by_role("button", name="Fill in fields instead").click()
    sheet.get_by_label("Price, $").fill("175")
    expect(sheet.get_by_label(re.compile("^What r1 shall say"))).to_have_value(re.compile(r"\$175\.00 or higher"))
    sheet.get_by_role("button", name="Read it back").click()
    sheet.get_by_role("button", name="Confirm", exact=True).click()
    sheet.get_by_role("button", name="Done").click()
    expect(row.get_by_text("$175.00", exact=True)).to_be_visible()
    row.get_by_role("button", name="Copy r1").click()
    copy = page.get_by_role("dialog", name="Another one like r1?")
    copy.get_by_role("button", name="Confirm", exact=True).click()
    copy.get_by_role("button", name="Done").click()
    expect(rule(page, "r2").get_by_text("Armed")).to_be_visible()
    page.get_by_role("button", name="Pick all 2").click()
    page.get_by_role("button", name="Pause them").click()
    for label in ("r1", "r2"):
        expect(rule(page, label).get_by_text("Paused")).to_be_visible()
    row.get_by_role("button", name="Resume r1").click()
    expect(row.get_by_text("Armed")).to_be_visible()
    page.get_by_label("State").select_option("armed")
    expect(rule(page, "r2")).to_have_count(0)
    row.get_by_role("button", name="Delete r1").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row.get_by_text("Armed")).to_be_visible()
    row.get_by_role("button", name="Delete r1").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete r1").click()
    expect(page.get_by_text("No rule is like that.")).to_be_visible()
    assert complaints == []


def test_words_and_fields_stay_in_step_and_the_lines_are_drawn_as_it_is_said(address: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK))
    enter(page, address)
    go(page, "Say when")
    words = page.get_by_label("When should what happen?")
    words.fill("alert me when SOL-PERP is above 1000")
    lines = page.get_by_role("list", name="Lines")
    expect(lines.get_by_text("fires at $1,000.00")).to_be_visible()
    # Far out of the chart's sight, it says at the edge which way and how far.
    handle = page.get_by_role("slider", name="Price of fires")
    expect(handle).to_have_attribute("data-edge", "above")
    expect(handle.get_by_text("↑", exact=True)).to_be_visible()
    expect(handle.get_by_text("↓", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Fill in fields instead").click()
    first = page.get_by_role("group", name="Rule 1")
    expect(first.get_by_label("Price, $")).to_have_value("1000")
    first.get_by_label("Price, $").fill("900")
    expect(words).to_have_value(re.compile(r"^When SOL-PERP is at \$900\.00 or higher: alert"))
    expect(lines.get_by_text("fires at $900.00")).to_be_visible()
    words.fill("buy 1 SOL when SOL falls 3 %")
    expect(first.get_by_label("By")).to_have_value("3")
    page.get_by_role("button", name="Add another rule").click()
    expect(words).to_have_value(re.compile("^1. When SOL-PERP falls 3 %.*\n2. When SOL-PERP is at", re.DOTALL))
    page.get_by_role("button", name="Remove rule 2").click()
    first.get_by_label("By").fill("-1")
    expect(page.get_by_role("alert")).to_contain_text("above 0")
    words.fill("buy 1 SOL when SOL falls 3 %")
    picked(page, "last 30 days")
    expect(page.get_by_text(re.compile("^It would (not )?have fired"))).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("Is this what you mean?")).to_be_visible()
    assert [text for text in complaints if "422" not in text] == []


def test_a_trigger_line_is_dragged_and_its_new_price_holds_only_once_it_is_confirmed(
    address: str, browser: Browser
) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK))
    enter(page, address)
    arm(page, "alert me when SOL-PERP rises 0.2 %")
    go(page, "Market")
    handle = page.get_by_role("slider", name=re.compile("^Price of r1"))
    expect(handle).to_be_visible()
    before = float(handle.get_attribute("aria-valuenow") or 0)
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 40, steps=4)
    page.mouse.up()
    sheet = page.get_by_role("dialog", name=re.compile(r"^r1 at \$"))
    sheet.get_by_role("button", name="Leave it as it is").click()
    expect(sheet).to_have_count(0)
    assert float(handle.get_attribute("aria-valuenow") or 0) == before
    handle.focus()
    for key in ("PageUp", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    wanted = page.get_by_role("dialog", name=re.compile(r"^r1 at \$"))
    expect(wanted.get_by_text(re.compile("or higher: alert")).first).to_be_visible()
    wanted.get_by_role("button", name="Confirm", exact=True).click()
    wanted.get_by_role("button", name="Done").click()
    expect(handle).to_have_attribute("aria-valuenow", re.compile(re.escape(f"{before + 0.0011:.4f}".rstrip("0"))))
    assert complaints == []


def test_a_page_comes_back_by_itself_when_the_product_was_away(
    another_dsn: str, tmp_path: Path, browser: Browser
) -> None:
    port = free_port()
    page, _ = watched(browser.new_context())
    with product(tmp_path, another_dsn, port) as address:
        enter(page, address)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Reconnecting …")).to_be_visible()
    with product(tmp_path, another_dsn, port):
        expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=20_000)
        expect(page.get_by_text("$10,000.00").first).to_be_visible()
