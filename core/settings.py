"""What an operator may set, read once from the environment, `.env` or secret files; decides defaults only."""

from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.domain.errors import NotConfigured

PRICE_SOURCES = ("auto", "exchange", "pyth", "simulated")
SECRETS = Path("/run/secrets")


class Settings(BaseSettings):
    """Names as in `.env.example`; secrets are never shown by `repr`, logs or errors."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    database_url: SecretStr | None = Field(None, alias="DATABASE_URL")
    home: Path = Field(Path("~/.saywhen"), alias="SAYWHEN_HOME")
    prices: str = Field("auto", alias="SAYWHEN_PRICES")
    seed: int | None = Field(None, alias="SAYWHEN_SEED", ge=0, lt=2**63)
    speed: Decimal = Field(Decimal(1), alias="SAYWHEN_SPEED", gt=0, le=100_000)
    paper_deposit: Decimal = Field(Decimal(10_000), alias="SAYWHEN_PAPER_DEPOSIT", gt=0, le=10**12)
    stale_s: float = Field(5.0, alias="SAYWHEN_STALE_S", gt=0, le=600)
    confidence_bps: Decimal = Field(Decimal(100), alias="SAYWHEN_CONFIDENCE_BPS", gt=0)
    jump_bps: Decimal = Field(Decimal(500), alias="SAYWHEN_JUMP_BPS", gt=0)
    agreement_bps: Decimal = Field(Decimal(30), alias="SAYWHEN_AGREEMENT_BPS", gt=0)
    pyth_api_key: SecretStr | None = Field(None, alias="PYTH_API_KEY")
    pyth_url: str | None = Field(None, alias="PYTH_URL")
    telegram_token: SecretStr | None = Field(None, alias="TELEGRAM_BOT_TOKEN")
    telegram_base: str | None = Field(None, alias="TELEGRAM_API_BASE", pattern="^https?://[^/]+.*$")
    telegram_webhook: str | None = Field(None, alias="TELEGRAM_WEBHOOK_URL", pattern="^https?://[^/]+.*$")
    telegram_listen: str = Field("127.0.0.1:8443", alias="TELEGRAM_WEBHOOK_LISTEN", pattern=r"^[^:\s]+:\d{1,5}$")
    telegram_sends: int = Field(25, alias="TELEGRAM_SENDS_PER_SECOND", ge=1, le=1000)
    telegram_admins: str = Field("", alias="TELEGRAM_ADMINS", pattern=r"^\s*(\d+\s*,?\s*)*$")
    dashboard_url: str | None = Field(None, alias="SAYWHEN_DASHBOARD_URL", pattern="^https?://[^/]+.*$")
    log_level: str = Field("INFO", alias="SAYWHEN_LOG_LEVEL", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @cached_property
    def home_path(self) -> Path:
        """The absolute home folder."""
        return self.home.expanduser().absolute()

    @cached_property
    def price_file(self) -> Path | None:
        """The candle file to replay, where `SAYWHEN_PRICES` names one instead of a source."""
        return None if self.prices in PRICE_SOURCES else Path(self.prices).expanduser()


def read_settings(**overrides: Any) -> Settings:
    """The settings in force; *overrides* by environment name. Raises NotConfigured with the variable that is wrong."""
    try:
        make: Any = Settings  # the library's own argument is not among the fields that a type checker sees
        return cast(Settings, make(**overrides, **({"_secrets_dir": SECRETS} if SECRETS.is_dir() else {})))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise NotConfigured(f"{name}: {first['msg']}", f"Correct {name} in the environment or in .env.") from None
