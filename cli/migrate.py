"""`saywhen migrate`: the database brought up to date, and nothing else."""

from argparse import Namespace

from cli.home import settings_of
from cli.running import run_until_stopped
from core.app import Settings, open_core, set_up_logs


def run(options: Namespace) -> int:
    """Migrate and say so."""
    settings = settings_of(options)
    set_up_logs(settings.log_level, "migrate")
    return run_until_stopped(lambda: _migrate(settings))


async def _migrate(settings: Settings) -> int:
    async with open_core(settings, role="saywhen migrate"):
        where = settings.home_path if settings.database_url is None else "the server of DATABASE_URL"
        print(f"The database in {where} is up to date.")
    return 0
