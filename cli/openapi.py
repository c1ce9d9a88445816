"""`saywhen openapi`: the API's OpenAPI document, for programs and for the dashboard's types; decides nothing of it."""

import json
from argparse import Namespace

from core.app import read_settings


def run(options: Namespace) -> int:  # noqa: ARG001 - takes no options
    """Print the document as JSON, the same bytes for the same version."""
    from api.app import create_app

    print(json.dumps(create_app(settings=read_settings()).openapi(), indent=2, sort_keys=True, ensure_ascii=False))
    return 0
