"""The one door for surfaces: `open_core(settings)` gives a `Core`, whose façades by noun are all that may be asked."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.app.core import Core, open_core
    from core.app.emulation import emulated_drift
    from core.clock import SystemClock
    from core.logs import set_up_logs
    from core.settings import Settings, read_settings

__all__ = ["Core", "Settings", "SystemClock", "emulated_drift", "open_core", "read_settings", "set_up_logs"]

_HOMES = {
    "Core": "core.app.core",
    "Settings": "core.settings",
    "SystemClock": "core.clock",
    "emulated_drift": "core.app.emulation",
    "open_core": "core.app.core",
    "read_settings": "core.settings",
    "set_up_logs": "core.logs",
}


def __getattr__(name: str) -> object:
    """Each name when it is first asked for: reading words offline should not wait a second for the database's code."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
