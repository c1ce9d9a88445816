"""The OpenAPI document against the API itself: no input makes it fail, and it answers only what it promises."""

import asyncio
import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import schemas, schemas_access
from api.app import create_app
from core.app import read_settings
from tests.api.people import Api

EXAMPLES = 200 if os.environ.get("SAYWHEN_EXAM") else 6
CHECKS = [checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# These end what the other requests use: they are tried by tests of their own.
_ENDING = ("/api/auth/sign-out", "/api/kill", "/api/pause")


def _try_all(document: dict[str, Any], url: str, token: str | None) -> dict[int, int]:
    """Every operation with many inputs; how often each status came back."""
    schema = schemathesis.openapi.from_dict(document)
    seen: dict[int, int] = {}
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        if operation.path.startswith(_ENDING) or (operation.path, operation.method) == ("/api/account", "delete"):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def attempt(case: Any) -> None:
            response = case.call(base_url=url, headers=headers, timeout=20)
            seen[response.status_code] = seen.get(response.status_code, 0) + 1
            case.validate_response(response, checks=CHECKS)

        attempt()
    return seen


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_no_input_makes_it_fail_or_answer_what_is_not_documented(api: Api, signed_in: bool) -> None:
    ann = await api.paper()
    await api.hold(ann)
    await ann.agree("if SOL drops $20, sell half my position")
    document = (await ann.get("/api/openapi.json")).body
    seen = await asyncio.to_thread(_try_all, document, api.url, ann.token if signed_in else None)
    assert max(seen) < 500
    assert sum(seen.values()) > 100
    assert (200 in seen and 404 in seen) if signed_in else seen[401] > sum(seen.values()) / 2


async def test_every_operation_documents_its_problems_and_who_may_call_it(api: Api) -> None:
    document = (await api.nobody().get("/api/openapi.json")).body
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert {"401", "422", "429"} <= set(operation["responses"]), (method, path)
            problem = operation["responses"]["429"]["content"]["application/problem+json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}
            public = path.startswith(("/health", "/metrics", "/api/auth/")) and "security" not in operation
            assert public or operation["security"] == [{"bearer": []}, {"cookie": []}], (method, path)


def test_every_body_has_an_example_that_is_taken() -> None:
    document = create_app(settings=read_settings(_env_file=None)).openapi()
    bodies = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                bodies += 1
                name = content["schema"]["$ref"].rpartition("/")[2]
                shape = document["components"]["schemas"][name]
                named = {
                    field: part["examples"][0] for field, part in shape["properties"].items() if "examples" in part
                }
                examples = shape.get("examples") or [named]
                assert examples != [{}] or not shape.get("required"), (method, path)
                for example in examples:
                    (vars(schemas) | vars(schemas_access))[name].model_validate(example)
    assert bodies > 20


async def test_what_is_not_signed_in_gets_nowhere_but_to_the_doors(api: Api) -> None:
    document = (await api.nobody().get("/api/openapi.json")).body
    closed = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "security" in operation:
                closed += 1
                answer = await api.nobody().call(method.upper(), path.replace("{", "").replace("}", ""), {})
                assert answer.status == 401, (method, path, answer.body)
    assert closed > 50


def test_the_command_prints_the_document_that_the_api_serves() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "cli", "openapi"], capture_output=True, text=True, check=True, timeout=60
    )
    document = json.loads(run.stdout)
    brief = {
        "/api/rules": {"get", "post"},
        "/api/rules/{rule_id}": {"get", "put", "delete"},
        "/api/rules/{rule_id}/toggle": {"post"},
        "/api/jobs": {"get"},
        "/api/jobs/{job_id}/logs": {"get"},
        "/api/prices": {"get"},
        "/api/positions": {"get"},
    }
    for path, methods in brief.items():
        assert methods <= set(document["paths"][path]), path
    text = json.dumps(document)
    for reference in set(re.findall(r'"#/components/schemas/(\w+)"', text)):
        assert reference in document["components"]["schemas"]
