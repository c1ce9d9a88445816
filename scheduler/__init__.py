"""The roles that run without a person: watching prices, keeping cadences, bringing orders further."""

from scheduler.watcher import run_scheduler
from scheduler.workers import run_worker

__all__ = ["run_scheduler", "run_worker"]
