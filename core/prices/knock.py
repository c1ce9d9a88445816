"""Whether a host takes connections at all, asked before anything heavy is loaded; sends nothing and decides nothing."""

import asyncio
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

_LONGEST_S = 10.0


async def anyone_answers(urls: Iterable[str]) -> bool:
    """Whether any of the hosts of *urls* accepts a connection; to be given a time-out by whoever asks.

    A name server that does not answer holds a thread for many seconds, and the loop waits at its end for the threads
    of its own pool. So each host gets a daemon thread, which nobody waits for.
    """
    loop = asyncio.get_running_loop()
    answers: asyncio.Queue[bool] = asyncio.Queue()
    hosts = {(parts.hostname or "", parts.port or 443) for parts in map(urlsplit, urls)}

    def knock(host: tuple[str, int]) -> None:
        try:
            socket.create_connection(host, timeout=_LONGEST_S).close()
            opened = True
        except (OSError, UnicodeError):
            opened = False
        with suppress(RuntimeError):  # the loop has closed: nobody asks any more
            loop.call_soon_threadsafe(answers.put_nowait, opened)

    for host in hosts:
        threading.Thread(target=knock, args=(host,), name=f"knock {host[0]}", daemon=True).start()
    for _ in hosts:
        if await answers.get():
            return True
    return False
