"""Names for the moments at which a crash must do no harm; by itself passing one does nothing."""

from collections.abc import Callable

POINTS = (
    "confirm.before_commit",
    "confirm.after_commit",
    "fire.before_commit",
    "fire.after_commit",
    "execute.before_sign_commit",
    "execute.after_sign_commit",
    "execute.before_send",
    "execute.after_send",
    "execute.after_sent_commit",
    "settle.before_lookup",
    "settle.before_commit",
    "settle.after_commit",
    "deliver.before_send",
    "deliver.after_send",
)
"""In the order in which a sentence passes them."""

_hooks: list[Callable[[str], None]] = []


def passing(point: str) -> None:
    """Tell whoever listens that *point* is reached. Nobody listens but the crash tests."""
    for hook in _hooks:
        hook(point)


def listen(hook: Callable[[str], None]) -> None:
    """Call *hook* with each point's name, in the task that passes it."""
    _hooks.append(hook)
