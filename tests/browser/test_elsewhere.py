"""The dashboard away from home: on another origin than the API, and in the frame of Telegram's web client."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, Request, expect

from tests.browser.conftest import Chat
from tests.browser.people import DESK, arm, enter, go, init_data, opened, watched
from tests.browser.stage import NEEDS_BUILD, NEEDS_CHROMIUM, ROOT
from tests.nginx import NEEDS_NGINX, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), NEEDS_CHROMIUM, NEEDS_BUILD]

WEB_CLIENT = "https://web.telegram.org"


@NEEDS_NGINX
def test_a_dashboard_that_nginx_serves_on_another_origin_is_signed_in_live_and_trades(
    address: str, elsewhere: int, browser: Browser, tmp_path: Path
) -> None:
    page, complaints = watched(browser.new_context(viewport=DESK))
    asked: set[str] = set()

    def note(request: Request) -> None:
        if "/api/" in request.url or "/health/" in request.url:
            asked.add(request.url.partition("/api/")[0].partition("/health/")[0])

    page.on("request", note)
    port = int(address.rpartition(":")[2])
    with serving(tmp_path, ROOT / "web" / "dist", elsewhere, api=address, behind=port) as other:
        enter(page, other)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        arm(page, "buy 1 SOL now")
        page.reload()  # the cookies are the API's, and come along to it
        go(page, "Activity")
        page.get_by_role("button", name="Events", exact=True).click()
        expect(page.get_by_text("Bought 1 SOL at").first).to_be_visible()
        with page.expect_download() as file:
            page.get_by_role("button", name="Trades", exact=True).click()
            page.get_by_role("button", name="Export as CSV").click()
        assert "SOL-PERP" in Path(file.value.path()).read_text()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign out for good").click()  # on paper alone nobody comes back
        expect(page.get_by_role("button", name="Continue on paper")).to_be_visible()
    assert asked == {address}
    assert complaints == []


def framed(page: Page, around: str, inside: str) -> Frame:
    """*inside* in a frame as Telegram's web client makes it, on a page at *around*."""
    may = "allow-scripts allow-same-origin allow-popups allow-forms allow-modals"
    html = f"""<!doctype html><script>
      window.heard = [];
      addEventListener("message", (event) => heard.push(event.origin + " " + JSON.parse(event.data).eventType));
    </script><iframe sandbox="{may}" width="1200" height="800" src="{inside.replace('"', "&quot;")}"></iframe>"""
    page.route(f"{around}/**", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{around}/k/")
    return page.frames[1]


def test_telegrams_web_client_shows_the_mini_app_in_a_frame_that_trades_without_a_cookie(
    address: str, browser: Browser, chat: Chat
) -> None:
    context = browser.new_context(viewport=DESK)
    page, complaints = watched(context)
    frame = framed(page, WEB_CLIENT, opened(f"{address}/telegram", init_data(chat.token, 78)))
    expect(frame.get_by_text("Free collateral")).to_be_visible()
    expect(frame.get_by_text("Live", exact=True)).to_be_visible()
    assert f"{address} web_app_ready" in page.evaluate("heard")
    frame.get_by_role("link", name="Say when", exact=True).click()
    assert frame.url == f"{address}/telegram/say"
    frame.get_by_label("When should what happen?").fill("buy 1 SOL now")
    frame.get_by_role("button", name="Read it").click()
    frame.get_by_role("button", name="Confirm", exact=True).click()
    expect(frame.get_by_role("heading", name="Confirmed")).to_be_visible()
    frame.get_by_role("link", name="Home", exact=True).click()
    expect(frame.get_by_text("Bought 1 SOL at")).to_be_visible()  # over the socket
    frame.get_by_role("link", name="Account", exact=True).click()
    frame.get_by_role("button", name="Export everything").click()
    expect(frame.get_by_role("alert")).to_contain_text("takes no files")
    assert context.cookies() == []
    frame.evaluate("location.reload()")
    expect(frame.get_by_text("open the dashboard from the chat again")).to_be_visible()
    expect(frame.get_by_role("button", name="Continue on paper")).to_have_count(0)
    assert complaints == []


def test_nobody_else_frames_the_mini_app_and_nobody_at_all_another_page(address: str, browser: Browser) -> None:
    page, complaints = watched(browser.new_context())
    for around, path in (("https://evil.test", "/telegram"), (WEB_CLIENT, "/"), (WEB_CLIENT, "/rules")):
        complaints.clear()
        frame = framed(page, around, f"{address}{path}")
        assert [text for text in complaints if "frame-ancestors" in text], (around, path)
        assert frame.get_by_role("button").count() == 0
