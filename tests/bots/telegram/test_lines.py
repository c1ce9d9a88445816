"""How updates come in: once each, kept before they are acted on, by one process at a time, by poll or webhook."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import aiohttp
import asyncpg
import pytest

from core.db.inbox import PostgresInbox
from core.domain.errors import NotConfigured, StorageUnavailable
from core.ports import Letter
from tests.bots.telegram.stage import ANN, labels_of, staged, words_of
from tests.emulators.telegram.server import Fault, TelegramServer

pytestmark = pytest.mark.usefixtures("unhurried")


async def test_what_was_kept_and_not_answered_is_answered_after_a_restart_and_not_drafted_twice(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TelegramServer() as telegram:
        async with staged(postgres_dsn, telegram) as stage:
            owner = await stage.hold()
            # Telegram takes the answer's text and breaks the line: the draft is made, its card never known to be there.
            telegram.faults += [Fault("sendMessage", 502) for _ in range(50)]
            await telegram.bring(telegram.words(ANN, "stop loss at 140"))
            await telegram.until(lambda: any(method == "sendMessage" for method, *_ in telegram.refused))
            [made] = await stage.core.drafts.open(owner)
        telegram.faults.clear()
        async with staged(postgres_dsn, telegram) as stage:
            call = await telegram.until(lambda: stage.shown(ANN))
            assert "Confirm" in labels_of(call[0].result)
            assert [draft.id for draft in await stage.core.drafts.open(owner)] == [made.id]
            await asyncio.sleep(0.3)
            assert await stage.core.inbox.unanswered("telegram", str(telegram.me["id"])) == []
        assert len(stage.shown(ANN)) == 1


async def test_an_update_brought_twice_is_answered_once(postgres_dsn: str) -> None:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as stage:
        update = telegram.words(ANN, "/privacy")
        await stage.bring(update, ANN)
        await telegram.bring({**update})
        assert "Prices" in words_of(await stage.say("/prices"))
        assert len(stage.shown(ANN)) == 2


async def test_a_button_works_after_a_restart(postgres_dsn: str) -> None:
    async with TelegramServer() as telegram:
        async with staged(postgres_dsn, telegram) as stage:
            owner = await stage.hold()
            draft = await stage.say("stop loss at 140")
        async with staged(postgres_dsn, telegram) as stage:
            armed = await stage.press(draft, "Confirm")
            assert "Confirmed" in words_of(armed)
            assert len(await stage.core.rules.list(owner)) == 1


async def test_a_command_about_money_that_waited_is_not_done_but_offered(postgres_dsn: str) -> None:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as stage:
        owner = await stage.hold()
        await stage.press(await stage.say("stop loss at 140"), "Confirm")
        long_ago = datetime.now(UTC).timestamp() - 300
        late = await stage.say("/delete r1", at=long_ago)
        assert "Not done: you sent this 5 min" in words_of(late)
        assert len(await stage.core.rules.list(owner)) == 1
        await stage.press(late, "Do it now")
        assert await stage.core.rules.list(owner) == []


async def test_a_press_that_came_while_nobody_listened_is_taken_to_be_old_and_offered_again(postgres_dsn: str) -> None:
    async with TelegramServer() as telegram:
        async with staged(postgres_dsn, telegram) as stage:
            owner = await stage.hold()
            draft = await stage.say("stop loss at 140")
        connection = await asyncpg.connect(postgres_dsn)
        await connection.execute("UPDATE heartbeats SET at = at - interval '10 minutes' WHERE name LIKE 'telegram:%'")
        await connection.close()
        await telegram.bring(telegram.press(ANN, draft, "Confirm"))
        async with staged(postgres_dsn, telegram) as stage:
            message = telegram.messages[ANN, draft["message_id"]]
            await telegram.until(lambda: "Not done" in words_of(message))
            assert await stage.core.rules.list(owner) == []
            await stage.press(message, "Do it now")
            assert len(await stage.core.rules.list(owner)) == 1


async def test_by_webhook_the_same_is_answered_and_a_wrong_secret_is_turned_away(
    postgres_dsn: str, unused_tcp_port: int
) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"
    settings = {"TELEGRAM_WEBHOOK_URL": f"http://{address}/hook", "TELEGRAM_WEBHOOK_LISTEN": address}
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram, **settings) as stage:
        await telegram.until(lambda: telegram.webhook)
        owner = await stage.hold()
        await stage.press(await stage.say("stop loss at 140"), "Confirm")
        assert len(await stage.core.rules.list(owner)) == 1
        assert telegram.polls == 0
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
                update = telegram.words(ANN, "/delete all")
                async with session.post(telegram.webhook, json=update, headers=headers) as answer:
                    assert answer.status == 403
        assert len(await stage.core.rules.list(owner)) == 1


async def test_a_second_process_waits_and_says_so_and_takes_over(
    postgres_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with TelegramServer() as telegram:
        async with staged(postgres_dsn, telegram) as first:
            assert "Prices" in words_of(await first.say("/prices"))
            second = staged(postgres_dsn, telegram)
            await second.__aenter__()
            async with asyncio.timeout(10):
                while "stand-by" not in capsys.readouterr().err:  # noqa: ASYNC110 - another process's words
                    await asyncio.sleep(0.05)
            assert not any(code == 409 for _, code, _ in telegram.refused)
        try:
            assert "Prices" in words_of(await first.say("/prices"))
        finally:
            await second.__aexit__(None, None, None)


async def test_a_rival_poller_is_outlived(postgres_dsn: str) -> None:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as stage:
        await telegram.until(lambda: telegram.polls)
        async with aiohttp.ClientSession() as rival:
            await rival.post(f"{telegram.base}/bot{telegram.token}/getUpdates", data={"timeout": 0})
        assert "Prices" in words_of(await stage.say("/prices"))
        assert any(code == 409 for _, code, _ in telegram.refused)


async def test_a_wrong_token_stops_with_what_to_do(postgres_dsn: str) -> None:
    from bots.telegram.run import run_telegram
    from core.app import open_core, read_settings

    async with TelegramServer() as telegram:
        settings = read_settings(
            _env_file=None,
            DATABASE_URL=postgres_dsn,
            TELEGRAM_BOT_TOKEN="99999:wrong-token-of-nobody",
            TELEGRAM_API_BASE=telegram.base,
        )
        async with open_core(settings) as core:
            with pytest.raises(NotConfigured, match="token") as caught:
                await run_telegram(core, core.prices)
    assert "wrong-token" not in f"{caught.value}{caught.value.hint}"


async def test_the_token_is_in_no_log_line_whatever_goes_wrong(
    postgres_dsn: str, capfd: pytest.CaptureFixture[str]
) -> None:
    from core.logs import set_up_logs

    root = logging.getLogger()
    before, level = root.handlers, root.level
    async with TelegramServer() as telegram:
        set_up_logs("DEBUG", "test")
        for name in ("httpx", "httpcore", "aiohttp"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            async with staged(postgres_dsn, telegram) as stage:
                telegram.faults += [Fault("sendMessage", code) for code in (502, 0)]
                await stage.say("/prices")
                logging.getLogger("x").info("POST %s/bot%s/getMe", telegram.base, telegram.token)
                try:
                    raise ValueError(f"{telegram.base}/bot{telegram.token}/sendMessage")
                except ValueError:
                    logging.getLogger("x").exception("it broke")
        finally:
            root.handlers, root.level = before, level
            for name in ("httpx", "httpcore", "aiohttp"):
                logging.getLogger(name).setLevel(logging.WARNING)
    written = "".join(capfd.readouterr())
    assert "sendMessage" in written
    assert telegram.token not in written
    assert telegram.token.partition(":")[2] not in written


async def test_a_database_that_fails_for_a_moment_loses_nothing(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with TelegramServer() as telegram, staged(postgres_dsn, telegram) as stage:
        assert "Prices" in words_of(await stage.say("/prices"))
        keep, failures = PostgresInbox.keep, [StorageUnavailable("it restarts")]

        async def failing(self: PostgresInbox, letters: Sequence[Letter]) -> list[Letter]:
            if failures:
                raise failures.pop()
            return await keep(self, letters)

        monkeypatch.setattr(PostgresInbox, "keep", failing)
        assert "What SayWhen keeps" in words_of(await stage.say("/privacy"))
        assert failures == []
