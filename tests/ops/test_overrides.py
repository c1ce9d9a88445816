"""The lock leaves out what driftpy names in vain, and nothing that anything else needs."""

import re
import tomllib
from collections import defaultdict
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DROPPED = {
    canonicalize_name(Requirement(line).name)
    for line in (ROOT / "ops/driftpy-overrides.txt").read_text(encoding="utf-8").splitlines()
    if line.endswith('python_version < "3"')
}
DRIFTPYS = {"driftpy", "anchorpy", "anchorpy-core", "pythclient", "solders", "jsonrpcclient"}
"""Those that name what they never import."""


def test_nothing_but_driftpy_and_what_it_brings_asks_for_what_is_left_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [line for lines in project["optional-dependencies"].values() for line in lines] + project["dependencies"]
    needs = {
        canonicalize_name(d.metadata["Name"]): [Requirement(line) for line in d.requires or ()] for d in distributions()
    }
    extras: dict[str, set[str]] = defaultdict(lambda: {""})
    for wanted in [Requirement(line) for line in asked] + [one for lines in needs.values() for one in lines]:
        extras[canonicalize_name(wanted.name)] |= wanted.extras
    missed = {
        f"{name} needs {wanted.name}: take it out of the second list of ops/driftpy-overrides.txt"
        for name, lines in needs.items()
        for wanted in lines
        if name not in DRIFTPYS
        and canonicalize_name(wanted.name) in DROPPED
        and any(wanted.marker is None or wanted.marker.evaluate({"extra": extra}) for extra in extras[name])
    }
    direct = DROPPED & {canonicalize_name(Requirement(line).name) for line in asked}
    assert "numpy" in DROPPED
    assert not missed | direct, "\n".join(sorted(missed | direct))


def test_what_is_left_out_is_not_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "driftpy" in (locked := set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE)))
    assert not DROPPED & locked


def test_the_image_carries_nothing_that_only_a_tool_of_ours_needs() -> None:
    image = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "ops/image.lock").read_text(encoding="utf-8"), re.MULTILINE))
    assert "driftpy" in image
    assert not {"jsonschema", "pytest", "check-jsonschema", "rpds-py"} & image
