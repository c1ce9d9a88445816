"""The nginx of the image `frontend`, run here with our file; decides no test."""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import socket

import pytest

OPS = Path(__file__).parents[1] / "ops"
NEEDS_NGINX = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not here")


@contextmanager
def serving(home: Path, pages: Path, port: int, *, api: str = "", behind: int) -> Iterator[str]:
    """The address of *pages* on *port*. They are told that the API is at *api*; what is passed on goes to *behind*."""
    text = (OPS / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "listen 8080": f"listen 127.0.0.1:{port}",
        "http://api:8000": f"http://127.0.0.1:{behind}",
        " /tmp/": f" {home}/",
        "/usr/share/nginx/html": str(pages),
        "worker_processes auto": f"{_as_us()}daemon off; worker_processes 1",
    }
    for here, there in changes.items():
        assert here in text
        text = text.replace(here, there)
    template = (OPS / "places.conf.template").read_text(encoding="utf-8")
    filled = template.replace("${REACT_APP_API_URL}", api).replace("${REACT_APP_WS_URL}", "")
    (home / "places.conf").write_text(filled)
    (home / "nginx.conf").write_text(text)
    command = ["nginx", "-e", "stderr", "-c", str(home / "nginx.conf")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        try:
            until = time.monotonic() + 30
            while not _listens(port):
                assert running.poll() is None, running.stdout and running.stdout.read()
                assert time.monotonic() < until, "nginx does not listen after 30 s"
                time.sleep(0.02)
            yield f"http://localhost:{port}"
        finally:
            running.terminate()


def _as_us() -> str:
    """For root: else its workers may not read our folder."""
    return f"user {getpass.getuser()}; " if os.geteuid() == 0 else ""


def _listens(port: int) -> bool:
    with closing(socket()) as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
