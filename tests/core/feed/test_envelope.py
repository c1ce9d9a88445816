"""Events for machines: complete in the envelope, without anybody's words in the log."""

import json
from datetime import UTC, datetime

from hypothesis import given

from core.codec import event_from_json
from core.domain.event import Event, JobDeadLettered, OrderSent, RuleDrafted
from core.domain.ids import DraftId, EventId, OrderId, OwnerId
from core.feed.envelope import envelope
from core.feed.log import log_record
from tests.core.feed.events import events

AT = datetime(2026, 11, 22, 11, 20, 3, tzinfo=UTC)


@given(events())
def test_an_envelope_holds_the_whole_event(event: Event) -> None:
    sent = json.loads(json.dumps(envelope(event)))
    assert sent["id"] == event.id
    assert event_from_json({key: value for key, value in sent.items() if key != "id"}).name == event.name


@given(events())
def test_a_log_record_is_json_and_tells_no_secrets(event: Event) -> None:
    record = log_record(event)
    json.dumps(record)
    assert record["event"] == event.name
    assert not {"words", "message"} & set(record)


def test_a_log_record_names_event_owner_and_loudness() -> None:
    drafted = RuleDrafted(at=AT, owner=OwnerId(7), draft_id=DraftId("d_1"), words="my secret plan", id=EventId("9"))
    assert log_record(drafted) == {
        "level": "info",
        "event": "rule.drafted",
        "event_id": "9",
        "at": "2026-11-22T11:20:03+00:00",
        "owner": 7,
        "draft_id": "d_1",
    }


def test_traffic_is_quiet_and_dead_letters_are_loud() -> None:
    sent = OrderSent(at=AT, order_id=OrderId("o_1"), market="SOL-PERP", side="sell")
    dead = JobDeadLettered(at=AT, order_id=OrderId("o_1"), attempts=5, reason="gone")
    assert (log_record(sent)["level"], log_record(dead)["level"]) == ("debug", "error")
