"""A five-field cron line in words; what has no plain words is quoted as it stands, never guessed."""

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_NAMES = {day[:3].upper(): number for number, day in enumerate(_DAYS)}


def say_cron(cron: str, timezone: str | None) -> str:
    """`0 9 * * 1` in UTC → `every Monday at 09:00 (UTC)`."""
    zone = f" ({timezone or 'UTC'})"
    fields = cron.split()
    if len(fields) == 5:
        minute, hour, day, month, weekday = fields
        if month == "*" and (said := _say_month(minute, hour, day, weekday)) is not None:
            return said + zone
    return f'on the schedule "{cron}" (minute hour day month weekday){zone}'


def _say_month(minute: str, hour: str, day: str, weekday: str) -> str | None:
    if hour == "*" and day == "*" and weekday == "*":
        return _say_within_the_hour(minute)
    clock = _say_clock(minute, hour)
    if clock is None:
        return None
    if day == "*":
        days = "day" if weekday == "*" else _say_weekdays(weekday)
        return None if days is None else f"every {days} at {clock}"
    if weekday == "*" and (numbers := _numbers(day, 1, 31)) is not None:
        return f"on day {_listed([str(n) for n in numbers])} of every month at {clock}"
    return None


def _say_within_the_hour(minute: str) -> str | None:
    if minute == "*":
        return "every minute"
    if minute.startswith("*/") and minute[2:].isdecimal() and 0 < int(minute[2:]) < 60 and 60 % int(minute[2:]) == 0:
        step = int(minute[2:])
        return "every minute" if step == 1 else f"every {step} minutes"
    numbers = _numbers(minute, 0, 59)
    if numbers is None:
        return None
    if numbers == [0]:
        return "every hour, on the hour"
    return f"every hour at minute {_listed([str(n) for n in numbers])}"


def _say_clock(minute: str, hour: str) -> str | None:
    minutes, hours = _numbers(minute, 0, 59), _numbers(hour, 0, 23)
    if minutes is None or hours is None or len(hours) * len(minutes) > 6:
        return None
    return _listed([f"{h:02d}:{m:02d}" for h in hours for m in minutes])


def _say_weekdays(field: str) -> str | None:
    first, dash, last = field.partition("-")
    if dash:
        start, end = _weekday(first), _weekday(last)
        return None if start is None or end is None else f"{_DAYS[start]} to {_DAYS[end]}"
    days = [_weekday(part) for part in field.split(",")]
    return None if None in days else _listed([_DAYS[day] for day in days if day is not None])


def _weekday(text: str) -> int | None:
    if text.isdecimal():
        return int(text) % 7 if int(text) <= 7 else None
    return _NAMES.get(text.upper())


def _numbers(field: str, least: int, most: int) -> list[int] | None:
    parts = field.split(",")
    if not all(part.isdecimal() and len(part) <= 2 and least <= int(part) <= most for part in parts):
        return None
    return sorted({int(part) for part in parts})


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
