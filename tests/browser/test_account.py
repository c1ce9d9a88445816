"""The account page and what was given up: settings that hold, keys, sessions, the way out, letters that end."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import asyncpg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import DESK, arm, enter, go, watched, web_link, who
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, apart, copied

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), NEEDS_CHROMIUM, NEEDS_BUILD]

WORDS = "alert me when SOL-PERP is above 177"


def status(address: str, key: str, method: str, path: str) -> int:
    """What the API says to a program with *key*."""
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    body = b"{}" if method == "POST" else None
    asked = urllib.request.Request(f"{address}{path}", method=method, data=body, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


async def _kept(dsn: str, owner: int) -> dict[str, int]:
    """How many rows are left of the owner, by table."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = {"users": "id", "trading_rules": "owner", "events": "owner", "sessions": "owner", "api_keys": "owner"}
        count = "SELECT count(*) FROM {} WHERE {} = $1"
        return {table: await connection.fetchval(count.format(table, name), owner) for table, name in tables.items()}
    finally:
        await connection.close()


def test_settings_keys_sessions_export_and_deletion_are_done_by_click(address: str, dsn: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK))
    enter(page, address)
    owner = who(page)
    arm(page, WORDS)
    arm(page, "buy 1 SOL now")
    go(page, "Account")

    page.get_by_label("Fills").select_option("off")
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Quiet hours").check()
    page.get_by_label("From", exact=True).fill("22:30")
    page.get_by_label("To", exact=True).fill("06:45")
    page.get_by_label("Slippage unless said, bps").fill("75")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Fills")).to_have_value("off")
    expect(page.get_by_label("From", exact=True)).to_have_value("22:30")
    expect(page.get_by_label("To", exact=True)).to_have_value("06:45")
    expect(page.get_by_label("Slippage unless said, bps")).to_have_value("75")

    page.get_by_role("button", name="New key").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_label("What is it for?").fill("my script")
    sheet.get_by_role("button", name="Make the key").click()
    secret = sheet.get_by_text(re.compile(r"^sw_\S+$")).inner_text()
    sheet.get_by_role("button", name="Done").click()
    assert secret not in page.content()
    assert status(address, secret, "GET", "/api/rules") == 200
    assert status(address, secret, "POST", "/api/pause") == 403  # it may only look
    page.get_by_role("button", name="Revoke my script").click()
    expect(page.get_by_text("No program of yours has a key.")).to_be_visible()
    assert status(address, secret, "GET", "/api/rules") == 401

    other, _ = watched(browser.new_context())
    other.goto(apart(web_link(dsn, address, owner)))
    expect(other.get_by_text("Free collateral")).to_be_visible()
    page.reload()
    expect(page.get_by_text("With a link")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Sign out the session since")).click()
    go(other, "Account")  # refused, hence it is shown the door
    expect(other.get_by_role("button", name="Continue on paper")).to_be_visible()
    expect(page.get_by_text("With a link")).to_have_count(0)

    stranger, _ = watched(browser.new_context())
    enter(stranger, address)
    with page.expect_download() as file:
        page.get_by_role("button", name="Export everything").click()
    taken = json.loads(Path(file.value.path()).read_text())
    assert {row["words"] for row in taken["trading_rules"]} == {WORDS, "buy 1 SOL now"}
    assert {row["owner"] for rows in taken.values() for row in rows if row.get("owner") is not None} == {owner}

    page.get_by_role("button", name="Delete my account").click()
    sure = page.get_by_role("dialog")
    expect(sure.get_by_role("button", name="Delete my account")).to_be_disabled()
    sure.get_by_label("Type delete to go on").fill("delete")
    sure.get_by_role("button", name="Delete my account").click()
    expect(sure.get_by_role("alert")).to_contain_text("You hold a position in SOL-PERP.")
    sure.get_by_role("button", name="Keep it").click()
    go(page, "Home")
    page.get_by_role("button", name="Close SOL-PERP").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_text("You hold no position.")).to_be_visible()
    go(page, "Account")
    page.get_by_role("button", name=re.compile(r"^All \d+$")).click()
    for act in ("An API key was made", "An API key was revoked", "Signed out", "Everything was exported"):
        expect(page.get_by_text(act, exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete my account").click()
    sure.get_by_label("Type delete to go on").fill("delete")
    sure.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    assert set(apart(_kept(dsn, owner)).values()) == {0}
    assert apart(_kept(dsn, who(stranger)))["users"] == 1
    assert [text for text in complaints if "409" not in text] == []


async def _gave_up(dsn: str, owner: int) -> None:
    """As if an order of the owner's had never reached the venue, and its wake-ups had been given up; twice."""
    connection = await asyncpg.connect(dsn)
    try:
        order = f"SELECT * FROM orders WHERE owner = {owner} LIMIT 1"
        changed = {
            "id": "id || n",
            "trigger_no": "trigger_no + n",
            "state": "'lapsed'",
            "filled_base": "0",
            "filled_quote": "0",
            "signature": "NULL",
            "raw": "NULL",
        }
        await copied(connection, "orders", order, changed, 2)
        await connection.execute(
            "WITH job AS (INSERT INTO pgqueuer (priority, status, entrypoint, payload, attempts)"
            " SELECT 0, 'failed', 'execute', convert_to(owner || ' ' || id, 'UTF8'), 4 FROM orders"
            " WHERE owner = $1 AND state = 'lapsed' RETURNING id, entrypoint)"
            " INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)"
            """ SELECT id, 'failed', 0, entrypoint, '{"exception_message": "The venue hung up."}' FROM job""",
            owner,
        )
    finally:
        await connection.close()


def _letters(page: Page) -> int:
    return page.get_by_role("listitem", name=re.compile("^Given up")).count()


def test_what_was_given_up_is_tried_again_or_let_go_and_lists_are_filtered(
    address: str, dsn: str, browser: Browser
) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK))
    enter(page, address)
    arm(page, "buy 1 SOL now")
    page.get_by_label("When should what happen?").fill("buy 0.01 BTC now")
    page.get_by_role("button", name="Read it").click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    go(page, "Activity")
    trades = page.get_by_role("table", name="Trades")
    expect(trades).to_have_attribute("aria-rowcount", "3")
    page.get_by_label("Market").select_option("BTC-PERP")
    expect(trades).to_have_attribute("aria-rowcount", "2")
    with page.expect_download() as file:
        page.get_by_role("button", name="Export as JSON").click()
    assert {row["market"] for row in json.loads(Path(file.value.path()).read_text())} == {"BTC-PERP"}

    page.get_by_role("button", name="Events", exact=True).click()
    page.get_by_label("With the words").fill("bought 1 sol")
    expect(page.get_by_role("list", name="Events").get_by_role("listitem")).to_have_count(1)
    page.get_by_label("Kind").select_option("Rules")
    expect(page.get_by_text("Nothing like that happened.")).to_be_visible()

    apart(_gave_up(dsn, who(page)))
    page.reload()
    page.get_by_role("button", name="Given up (2)").click()
    expect(page.get_by_text("The venue hung up.").first).to_be_visible()
    page.get_by_role("button", name="Try again").first.click()
    again = page.get_by_role("dialog", name="Try again?")
    expect(again.get_by_text(re.compile("Does now, once, what r1 gave up"))).to_be_visible()
    again.get_by_role("button", name="Confirm", exact=True).click()
    again.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Let go").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Let go").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Let it go").click()
    expect(page.get_by_role("button", name=re.compile(r"^Given up \(1\)"))).to_be_visible()
    go(page, "Home")
    expect(page.get_by_role("row", name="SOL-PERP long")).to_contain_text("2")  # bought once more, by the draft

    go(page, "Rules")
    page.get_by_role("button", name="Pause everything").click()
    expect(page.get_by_text("Everything is paused: no rule fires.")).to_be_visible()
    page.get_by_role("button", name="Watch again").click()
    expect(page.get_by_role("button", name="Pause everything")).to_be_visible()
    assert complaints == []
