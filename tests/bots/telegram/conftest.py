"""What tests of the bot share: who waits for whom."""

import pytest

from bots.telegram import pacing


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages to one chat leave at once, and the emulator lets them."""
    monkeypatch.setattr(pacing, "BETWEEN_S", 0.0)
    monkeypatch.setattr(pacing, "_MARGIN_S", 0.0)
