"""Becomes the user given and turns into one PostgreSQL program; decides only which capability that takes.

Run as a script by a process that is root, because PostgreSQL refuses to run as root:
`python -I -S embedded_unprivileged.py UID GID DATA_DIRECTORY PROGRAM [ARGUMENT …]`. A script of its own, so that no
Python runs between fork and exec of a program with threads.

The data directory lies in its owner's home, and root's home has mode 0700: an unprivileged user cannot walk to it.
Loosening the directories above would open all else that is in them; a directory below /tmp or /var would leave the
home, its back-ups and its moves behind; a mount namespace would hide the server from the next process. So the server
keeps, only where the walk fails without it, one ambient capability: to search (and read) any directory, or, where a
container withholds that one, to override file permissions. It gains nothing by it that the root process which starts
it and is the only one let in (peer authentication) did not have. Facts: capabilities(7), prctl(2), capset(2).
"""

import ctypes
import os
import sys
from contextlib import suppress

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    """One half of a thread's capability sets; both capabilities used here live in the first half."""

    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _call(name: str, *arguments: object) -> None:
    """Call the C library; raises OSError."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _prctl(option: int, *arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    _call("prctl", ctypes.c_int(option), *(ctypes.c_ulong(argument) for argument in padded))


def _keep_across_exec(capability: int) -> None:
    """Make one permitted capability effective and ambient; raises OSError where it is not ours to give."""
    header, sets = _Header(_LINUX_CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    _call("capget", ctypes.byref(header), sets)
    sets[0].effective = sets[0].inheritable = 1 << capability
    sets[1].effective = sets[1].inheritable = 0
    _call("capset", ctypes.byref(header), sets)
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _turn_into(data: str, command: list[str]) -> None:
    """Does not return where the data directory and the program can be reached; raises PermissionError."""
    os.stat(data)  # noqa: PTH116 - this script runs without site-packages and should start fast
    os.execv(command[0], command)  # noqa: S606 - no shell is the point


def main(uid: int, gid: int, data: str, command: list[str]) -> int:
    """Return an exit status for the shell's "found but cannot run" if no way led to the program."""
    linux = sys.platform == "linux"
    if linux:
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)
    with suppress(PermissionError):
        _turn_into(data, command)
    for capability in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE) if linux else ():
        with suppress(PermissionError):
            _keep_across_exec(capability)
            _turn_into(data, command)
    sys.stderr.write(
        f"Expected user id {uid} to reach {data} and {command[0]}, was refused: a directory above is closed to it.\n"
    )
    return 126


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
