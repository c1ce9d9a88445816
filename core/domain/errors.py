"""What can go wrong, said so that a person can use it.

SayWhenError                what happened, to what, what to do
├── BadInput                the words or values given cannot be used
├── NotFound                no such thing, or not yours (the two look the same on purpose)
├── Conflict                it is not in a state for that: claimed, expired, already done
├── Denied                  our own limits said no
├── PriceUnavailable        no fresh, agreed price
├── StorageUnavailable      the database cannot be reached or started
├── NotConfigured           a setting is missing or wrong
└── VenueError              the venue
    ├── VenueRejected       it said no, proven
    │   └── NoPermission    the owner has withdrawn our permission to trade there
    ├── ApprovalNeeded      only the owner's own wallet may sign it
    ├── VenueUnknown        nobody knows yet: time-out, disconnect, 5xx
    └── VenuePaused         it takes no orders now
"""


class SayWhenError(Exception):
    """Base of everything raised on purpose; `str()` says what happened to what, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class BadInput(SayWhenError):
    """The words or values given cannot be used."""


class NotFound(SayWhenError):
    """No such thing, or it belongs to somebody else."""


class Conflict(SayWhenError):
    """The thing is not in a state for that."""


class Denied(SayWhenError):
    """Our own limits said no."""


class PriceUnavailable(SayWhenError):
    """No fresh, agreed price for a market."""


class StorageUnavailable(SayWhenError):
    """The database cannot be reached or started."""


class NotConfigured(SayWhenError):
    """A setting is missing or wrong."""


class VenueError(SayWhenError):
    """Something about a venue."""


class VenueRejected(VenueError):
    """The venue said no, proven."""


class NoPermission(VenueRejected):
    """The owner has withdrawn our permission to trade there: so it will say no to everything of theirs."""


class ApprovalNeeded(VenueError):
    """Nothing is wrong; the owner's own wallet must sign."""


class VenueUnknown(VenueError):
    """Nobody knows whether the venue took it; never to be read as a rejection."""


class VenuePaused(VenueError):
    """The venue takes no orders now."""
