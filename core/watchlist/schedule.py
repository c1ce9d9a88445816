"""When a schedule is due next; decides instants, not what is done about late ones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from core.domain.condition import Schedule


def next_due(schedule: Schedule, after: datetime, armed_at: datetime) -> datetime:
    """The first instant strictly after *after*, in UTC.

    Plain intervals count from `start_at` (due itself) or from arming. Cron fields are wall-clock times of the
    schedule's zone and follow Debian's cron through daylight saving: a skipped hour's run comes right after the gap, a
    doubled hour's run comes once.
    """
    if schedule.cron is not None:
        floor = after
        if schedule.start_at is not None and schedule.start_at > floor:
            floor = schedule.start_at - timedelta(seconds=1)
        local = floor.astimezone(ZoneInfo(schedule.timezone if schedule.timezone is not None else "UTC"))
        return next(CronSim(schedule.cron, local)).astimezone(UTC)
    step = timedelta(seconds=schedule.every_s if schedule.every_s is not None else 1)
    if schedule.start_at is not None:
        if after < schedule.start_at:
            return schedule.start_at
        return schedule.start_at + ((after - schedule.start_at) // step + 1) * step
    return armed_at + (max(after - armed_at, timedelta(0)) // step + 1) * step
