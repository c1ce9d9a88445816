"""Structured logs, one JSON object a line, with what is happening bound to each; decides form, not what is logged."""

import logging
import re
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

# The forms of tokens that may be in what HTTP libraries say: a Telegram bot's, in the address of every request; that of
# a Discord bot; and that of a Discord interaction, in the addresses of its answers.
_TOKEN = re.compile(r"\d{5,}:[A-Za-z0-9_-]{15,}|\b[\w-]{23,28}\.[\w-]{5,7}\.[\w-]{20,}|aW50[\w-]{12,}")
_NOISY = (
    "sqlalchemy", "asyncio", "apscheduler", "pgqueuer", "alembic", "aiohttp", "httpx", "httpcore", "PIL", "discord"
)  # fmt: skip
_MOST_BYTES = 20_000_000
"""Of one log file; the three before it are kept."""
_SECRET = ("token", "secret", "password", "api_key", "private", "authorization", "database_url", "dsn")


def set_up_logs(level: str, role: str, *, file: Path | None = None) -> None:
    """Send every record, of structlog and of the standard library, as JSON to *file* or to standard error."""
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=_MOST_BYTES, backupCount=3, encoding="utf-8", delay=True)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
                _without_tokens,
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _hide_secrets(_logger: Any, _name: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in record:
        if any(word in key.lower() for word in _SECRET):
            record[key] = "•••"
    return record


def _without_tokens(_logger: Any, _name: str, line: Any) -> str:
    """The finished line, whatever library wrote it and whatever exception is quoted in it."""
    return _TOKEN.sub("•••", str(line))
