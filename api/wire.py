"""WebSockets whose frames may be made once for many clients; decides no content.

What a server sends is not masked (RFC 6455 §5.1), so the bytes of a frame are the same for everybody. Through ASGI each
client costs a task's turn and a frame of its own; written here it costs one write.
"""

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

EXTENSION = "saywhen.shared"
"""Where a socket's scope has the `Write` of its connection."""

Write = Callable[[bytes], bool]
"""Hands a whole frame over without waiting; False, and nothing is written, while the client does not read."""

_TEXT = 0x81  # the only and last part of a text message


def text_frame(payload: bytes) -> bytes:
    """A whole text message as it goes over the wire."""
    length = len(payload)
    if length < 126:
        return bytes((_TEXT, length)) + payload
    if length < 1 << 16:
        return bytes((_TEXT, 126)) + length.to_bytes(2) + payload
    return bytes((_TEXT, 127)) + length.to_bytes(8) + payload


class SharedFrames(WebSocketsSansIOProtocol):
    """uvicorn's protocol, with a way past ASGI for frames that were made already."""

    def handle_connect(self, event: Any) -> None:
        """Nothing of the application runs before this returns: its task has only been made."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)
        if scope is not None:
            cast(dict[str, Any], scope["extensions"])[EXTENSION] = self._write

    def _write(self, frame: bytes) -> bool:
        """Messages are not fragmented and control frames are whole, so a frame may go between any two others."""
        if self.conn.state is not State.OPEN or self.transport.is_closing() or not self.writable.is_set():
            return False
        self.transport.write(frame)
        return True
