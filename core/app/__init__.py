"""The one door for surfaces: `open_core(settings)` gives a `Core`, whose façades by noun are all that may be asked."""

from core.app.core import Core, open_core
from core.clock import SystemClock
from core.logs import set_up_logs
from core.settings import Settings, read_settings

__all__ = ["Core", "Settings", "SystemClock", "open_core", "read_settings", "set_up_logs"]
