"""An event as JSON for machines (WebSocket, webhooks, `--json`); decides no words and no recipient."""

from typing import Any

from core.codec import event_to_json
from core.domain.event import Event


def envelope(event: Event) -> dict[str, Any]:
    """`{"id", "name", "at", …}` in canonical JSON terms, flat; `id` is None before the log has taken the event."""
    return {"id": event.id, **event_to_json(event)}
