"""Alarms are about figures that there are."""

import re
from pathlib import Path

import yaml
from prometheus_client import generate_latest

from api.guard import Measures

ROOT = Path(__file__).parents[2]


def test_every_alarm_is_about_figures_that_the_api_has() -> None:
    rules = yaml.safe_load((ROOT / "ops" / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    there = set(re.findall(r"^# HELP (\S+)", generate_latest(Measures().registry).decode(), re.MULTILINE))
    named = {name for rule in rules for name in re.findall(r"\bsaywhen_\w+", rule["expr"])}
    assert len(rules) >= 8
    assert named - there == set()
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules)
