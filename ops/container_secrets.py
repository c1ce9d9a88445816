"""Makes ./secrets, the files that docker-compose.yml hands to the containers; never changes one that is there.

The folder is closed to others. The files in it are not, since they are mounted as they are into containers whose user
is another than yours. A file that is empty means: not set.
"""

import secrets
import sys
from pathlib import Path

GIVEN = ("TELEGRAM_BOT_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "PYTH_API_KEY")
"""What only its owner can give; an empty file until then."""


def main(folder: Path) -> int:
    """Make what is missing under *folder*, and say what was made."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    made = []
    password = folder / "POSTGRES_PASSWORD"
    if not password.exists() and (folder / "DATABASE_URL").exists():
        print(f"{folder}/DATABASE_URL is there without POSTGRES_PASSWORD: put its password there.", file=sys.stderr)
        return 1
    wanted = {"POSTGRES_PASSWORD": secrets.token_urlsafe(32), "SAYWHEN_JWT_SECRET": secrets.token_urlsafe(48)}
    for name, value in [*wanted.items(), *((name, "") for name in GIVEN)]:
        made += _make(folder / name, value)
    made += _make(folder / "DATABASE_URL", f"postgresql://saywhen:{password.read_text().strip()}@postgres:5432/saywhen")
    if made:
        print(f"Made in {folder}: {', '.join(made)}.")
    empty = [name for name in GIVEN if not (folder / name).read_text().strip()]
    if empty:
        print(f"Empty, and so not set: {', '.join(empty)}. Write yours into the file, then make containers again.")
    return 0


def _make(path: Path, value: str) -> list[str]:
    if path.exists():
        return []
    path.write_text(value)
    path.chmod(0o644)
    return [path.name]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("secrets")))
