"""The containers: what builds, wires and guards them is sound, as far as it can be seen without a daemon."""

import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from socket import create_server
from typing import Any

import jsonschema_rs
import pytest
import yaml

from api.policy import Policy, places
from cli.arguments import ROLES
from core.settings import Settings
from tests.nginx import NEEDS_NGINX, serving

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
CSP = "content-security-policy"
NGINX = (ROOT / "ops" / "nginx.conf").read_text(encoding="utf-8")


def test_the_dockerfile_passes_its_linter() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    run = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False, timeout=30)
    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.skipif(
    shutil.which("docker") is None
    or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="docker compose is not here",
)
def test_docker_compose_takes_the_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    run = subprocess.run(
        ["docker", "compose", "config", "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stderr) == (0, "")


def against_the_specification(compose: dict[str, Any]) -> list[str]:
    """What the Compose Specification's own schema has against *compose*."""
    package = find_spec("check_jsonschema")  # taken for the schemas it brings along; ours to check with is faster
    assert package is not None
    assert package.origin is not None
    schema = Path(package.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    checked = jsonschema_rs.validator_for(json.loads(schema.read_text(encoding="utf-8")))
    return [str(error) for error in checked.iter_errors(compose)]


def test_the_compose_file_is_one_of_the_specification() -> None:
    assert against_the_specification(COMPOSE) == []
    slip = {**COMPOSE, "services": {"api": {**SERVICES["api"], "restart": ["maybe"], "healthchek": {}}}}
    assert len(against_the_specification(slip)) == 2


def test_there_is_a_service_for_every_role_and_for_what_they_stand_on() -> None:
    assert set(SERVICES) == {*ROLES, "postgres", "redis", "frontend"}
    assert {name: SERVICES[name]["command"] for name in ROLES} == {name: ["run", name] for name in ROLES}
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["redis"]


def test_every_service_is_health_checked() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name, service in SERVICES.items():
        target = service.get("build", {}).get("target")
        image = "" if target is None else re.split(rf" AS {target}\n", dockerfile)[1].split("\nFROM ")[0]
        assert "healthcheck" in service or "HEALTHCHECK" in image, name


def test_ours_run_as_nobody_in_particular_with_nothing_to_write_on() -> None:
    for name, service in SERVICES.items():
        assert "no-new-privileges:true" in service["security_opt"], name
        if name != "postgres":
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
    app = (ROOT / "Dockerfile").read_text(encoding="utf-8").split(" AS app\n")[1].split("\nFROM ")[0]
    assert re.search(r"^USER 10001$", app, re.MULTILINE)
    assert "nginx-unprivileged" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_only_the_dashboard_is_published_and_only_to_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "frontend": ["${SAYWHEN_BIND:-127.0.0.1}:${SAYWHEN_PORT:-8080}:8080"]
    }
    assert SERVICES["postgres"]["networks"] == ["inner"]
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    (subnet,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert SERVICES["api"]["environment"]["SAYWHEN_API_PROXIES"] == subnet["subnet"]


def test_secrets_come_from_files_that_settings_read_and_one_command_makes(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    tool = [sys.executable, str(ROOT / "ops" / "container_secrets.py"), str(folder)]
    said = subprocess.run(tool, capture_output=True, text=True, check=True, timeout=30).stdout
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert all(source == {"file": f"./secrets/{name}"} for name, source in COMPOSE["secrets"].items())
    assert set(SERVICES["api"]["secrets"]) <= {str(field.alias) for field in Settings.model_fields.values()}
    assert made["POSTGRES_PASSWORD"] in made["DATABASE_URL"]
    assert not any(value and value in said for value in made.values())
    assert folder.stat().st_mode & 0o077 == 0

    settings = Settings(_secrets_dir=folder, _env_file=None)  # type: ignore[call-arg]
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == made["DATABASE_URL"]
    assert settings.telegram_token is None  # an empty file

    (folder / "TELEGRAM_BOT_TOKEN").write_text("1:x")
    subprocess.run(tool, capture_output=True, check=True, timeout=30)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made | {"TELEGRAM_BOT_TOKEN": "1:x"}


def test_what_seals_the_trading_keys_outlives_the_container_that_signs() -> None:
    folder = str(Path(SERVICES["worker"]["environment"]["SAYWHEN_MASTER_KEY_FILE"]).parent)
    assert SERVICES["worker"]["volumes"] == [f"keys:{folder}"]
    assert "keys" in COMPOSE["volumes"]
    assert f"install -d -o 10001 -m 0700 {folder}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    others = [name for name in ROLES if name != "worker" and "keys" in str(SERVICES[name].get("volumes"))]
    assert others == [], "only what signs can open the keys"


def test_the_image_holds_what_the_lock_holds_less_the_tools() -> None:
    def entries(path: Path) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^\n;]*==[^\s;]+", path.read_text(encoding="utf-8"), re.MULTILINE))

    image, whole = entries(ROOT / "ops" / "image.lock"), entries(ROOT / "requirements.lock")
    assert image < whole
    assert not any(entry.startswith(("pytest==", "hypothesis==", "playwright==", "mypy==")) for entry in image)


def test_pages_from_nginx_have_the_headers_of_the_api() -> None:
    usual = {"$connect_api": "", "$connect_ws": "", "$framed_by": "'none'", "$frame_options": "DENY"}
    text = re.sub("|".join(re.escape(name) for name in usual), lambda found: usual[found[0]], NGINX)
    given = dict(re.findall(r'add_header ([a-z-]+) "(.*?)" always;', text))
    del given["x-served-by"]
    assert given == named(Policy(), "/")


def named(policy: Policy, path: str) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in policy.of(path)}


@pytest.fixture
def nginx(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an nginx with our file, in front of nothing; the dashboard is a page and one asset.

    The parameter is where the page is told that the API is.
    """
    pages = tmp_path / "html"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html>the page, its API at '%REACT_APP_API_URL%'")
    (pages / "assets" / "a-1.js").write_text("1")
    with closing(create_server(("127.0.0.1", 0))) as free, closing(create_server(("127.0.0.1", 0))) as shut:
        port, nobody = free.getsockname()[1], shut.getsockname()[1]
    with serving(tmp_path, pages, port, api=request.param, behind=nobody) as address:
        yield address


def answer(address: str) -> tuple[int, str, str]:
    """Status, kept how long, and body."""
    try:
        with urllib.request.urlopen(address, timeout=5) as given:
            return given.status, given.headers["cache-control"], given.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers["cache-control"] or "", ""


def headers(address: str) -> dict[str, str]:
    with urllib.request.urlopen(address, timeout=5) as given:
        of_policy = {*named(Policy(), "/"), *named(Policy(), "/telegram")}
        return {name.lower(): value for name, value in given.headers.items() if name.lower() in of_policy}


@NEEDS_NGINX
@pytest.mark.parametrize("nginx", ["https://api.example.com"], indirect=True)
def test_a_page_whose_api_is_elsewhere_is_told_so_and_may_connect_there(nginx: str) -> None:
    assert "its API at 'https://api.example.com'" in answer(f"{nginx}/rules")[2]
    policy = Policy(places=places("https://api.example.com", None))
    assert headers(nginx) == named(policy, "/")
    assert "connect-src 'self' https://api.example.com wss://api.example.com;" in named(policy, "/")[CSP]
    for path in ("/telegram", "/telegram/rules", "/telegram?tgWebAppStartParam=1"):
        assert headers(f"{nginx}{path}") == named(policy, "/telegram")
    assert headers(f"{nginx}/telegrams") == named(policy, "/")


@NEEDS_NGINX
@pytest.mark.parametrize("nginx", [""], indirect=True)
def test_nginx_answers_pages_assets_and_passes_on_what_is_the_apis(nginx: str) -> None:
    page = (200, "no-cache", "<!doctype html>the page, its API at ''")
    assert headers(nginx) == named(Policy(), "/")
    assert answer(nginx) == answer(f"{nginx}/rules") == page
    assert answer(f"{nginx}/assets/a-1.js") == (200, "public, max-age=31536000, immutable", "1")
    assert answer(f"{nginx}/assets/a-2.js")[0] == 404
    assert answer(f"{nginx}/metrics")[0] == 404
    assert [answer(f"{nginx}/{path}")[0] for path in ("api/rules", "ws", "health/ready")] == [502, 502, 502]
