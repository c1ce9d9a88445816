"""The emulator as a process, driven by lines on standard input; for trying the product by hand.

`say 7 words…`, `press 7 label…` (on the newest message with such a button), `block 7`, `unblock 7`, `photo 7 FILE`;
what the bot sends is printed.
"""

import asyncio
import sys
from pathlib import Path

from tests.emulators.telegram.server import Call, TelegramServer


def _print(call: Call) -> None:
    if call.method in {"getMe", "setMyCommands", "setChatMenuButton", "deleteWebhook", "sendChatAction"}:
        return
    result = call.result if isinstance(call.result, dict) else {}
    words = result.get("text") or result.get("caption") or ""
    where = f"{call.params.get('chat_id')}/{result.get('message_id', call.params.get('message_id', ''))}"
    rows = [" | ".join(b["text"] for b in row) for row in result.get("reply_markup", {}).get("inline_keyboard", [])]
    picture = " [picture]" if "photo" in result else ""
    quiet = " [silent]" if call.params.get("disable_notification") else ""
    print(f"--- {call.method} {where}{picture}{quiet} {call.params.get('text', '') if not words else ''}")
    print("\n".join([words, *(f"   [{row}]" for row in rows)]), flush=True)


async def main(port: int) -> None:
    """Serve until standard input ends."""
    async with TelegramServer(port=port) as telegram:
        telegram.on_call = _print
        print(f"TELEGRAM_API_BASE={telegram.base} TELEGRAM_BOT_TOKEN={telegram.token}", flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            verb, _, rest = line.strip().partition(" ")
            who, _, words = rest.partition(" ")
            if not who.isdigit():
                continue
            person = int(who)
            match verb:
                case "say":
                    await telegram.bring(telegram.words(person, words))
                case "press":
                    for (chat, _), message in sorted(telegram.messages.items(), reverse=True):
                        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
                        if chat == person and any(b["text"].startswith(words) for row in rows for b in row):
                            await telegram.bring(telegram.press(person, message, words))
                            break
                    else:
                        print(f"!!! no button {words!r}", flush=True)
                case "block":
                    telegram.blocked.add(person)
                case "unblock":
                    telegram.blocked.discard(person)
                case "photo" if telegram.last_files:
                    await asyncio.to_thread(Path(words).write_bytes, telegram.last_files[-1])


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
