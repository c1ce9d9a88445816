"""What an operator may set, read once from the environment, `.env` or secret files; decides defaults only."""

from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.domain.errors import NotConfigured

PRICE_SOURCES = ("auto", "exchange", "pyth", "simulated")
ParserSetting = Literal["auto", "grammar", "claude", "openai"]
VENUES = ("paper", "drift", "drift-emulator")
VenueSetting = Literal["paper", "drift", "drift-emulator"]
_ADDRESS = r"^https?://[^\s@]+$"
_ORIGIN = r"^https?://[A-Za-z0-9.:\[\]-]+$"
_ORIGINS = r"^\s*(https?://[A-Za-z0-9.:\[\]-]+\s*(,\s*|$))*$"
_RATE = r"^[1-9]\d{0,6}/(second|minute|hour)$"
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
    parser: ParserSetting = Field("auto", alias="SAYWHEN_PARSER")
    anthropic_api_key: SecretStr | None = Field(None, alias="ANTHROPIC_API_KEY")
    anthropic_model: str = Field("claude-haiku-5-5", alias="ANTHROPIC_MODEL", min_length=1)
    anthropic_base_url: str | None = Field(None, alias="ANTHROPIC_BASE_URL", pattern=_ADDRESS)
    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    openai_model: str = Field("gpt-5.4-mini", alias="OPENAI_MODEL", min_length=1)
    openai_base_url: str | None = Field(None, alias="OPENAI_BASE_URL", pattern=_ADDRESS)
    api_host: str = Field("127.0.0.1", alias="SAYWHEN_API_HOST", min_length=1, max_length=255)
    api_port: int = Field(8000, alias="SAYWHEN_API_PORT", ge=0, le=65_535)
    public_url_set: str | None = Field(None, alias="SAYWHEN_PUBLIC_URL", pattern=_ORIGIN)
    cors_origins: str = Field("", alias="SAYWHEN_CORS", max_length=2_000, pattern=_ORIGINS)
    web_api_url: str | None = Field(None, alias="REACT_APP_API_URL", pattern=_ORIGIN)
    web_ws_url: str | None = Field(None, alias="REACT_APP_WS_URL", pattern=r"^wss?://[A-Za-z0-9.:\[\]-]+/ws$")
    jwt_secret: SecretStr | None = Field(None, alias="SAYWHEN_JWT_SECRET", min_length=32)
    api_reads: str = Field("1200/minute", alias="SAYWHEN_API_READS", pattern=_RATE)
    api_writes: str = Field("240/minute", alias="SAYWHEN_API_WRITES", pattern=_RATE)
    api_signins: str = Field("30/minute", alias="SAYWHEN_API_SIGNINS", pattern=_RATE)
    api_proxies: str = Field("127.0.0.1", alias="SAYWHEN_API_PROXIES", max_length=1_000)
    redis_url: SecretStr | None = Field(None, alias="REDIS_URL")
    telegram_token: SecretStr | None = Field(None, alias="TELEGRAM_BOT_TOKEN")
    telegram_base: str | None = Field(None, alias="TELEGRAM_API_BASE", pattern="^https?://[^/]+.*$")
    telegram_webhook: str | None = Field(None, alias="TELEGRAM_WEBHOOK_URL", pattern="^https?://[^/]+.*$")
    telegram_listen: str = Field("127.0.0.1:8443", alias="TELEGRAM_WEBHOOK_LISTEN", pattern=r"^[^:\s]+:\d{1,5}$")
    telegram_sends: int = Field(25, alias="TELEGRAM_SENDS_PER_SECOND", ge=1, le=1000)
    telegram_admins: str = Field("", alias="TELEGRAM_ADMINS", pattern=r"^\s*(\d+\s*,?\s*)*$")
    discord_token: SecretStr | None = Field(None, alias="DISCORD_BOT_TOKEN")
    discord_base: str | None = Field(None, alias="DISCORD_API_BASE", pattern="^https?://[^/]+.*$")
    discord_gateway: str | None = Field(None, alias="DISCORD_GATEWAY_URL", pattern="^wss?://[^/]+.*$")
    discord_admins: str = Field("", alias="DISCORD_ADMINS", pattern=r"^\s*(\d+\s*,?\s*)*$")
    venue: VenueSetting = Field("paper", alias="SAYWHEN_VENUE")
    drift_env: Literal["mainnet", "devnet"] = Field("mainnet", alias="DRIFT_ENV")
    solana_rpc_url: SecretStr | None = Field(None, alias="SOLANA_RPC_URL")
    solana_ws_url: SecretStr | None = Field(None, alias="SOLANA_WS_URL")
    fee_lamports: int = Field(200_000, alias="SAYWHEN_FEE_LAMPORTS", ge=5_000, le=10_000_000)
    low_sol: Decimal = Field(Decimal("0.05"), alias="SAYWHEN_LOW_SOL", ge=0, le=1_000)
    wallet_private_key: SecretStr | None = Field(None, alias="WALLET_PRIVATE_KEY")
    master_key_file: Path | None = Field(None, alias="SAYWHEN_MASTER_KEY_FILE")
    log_level: str = Field("INFO", alias="SAYWHEN_LOG_LEVEL", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    alive_file: Path | None = Field(None, alias="SAYWHEN_ALIVE_FILE")

    @field_validator(
        "anthropic_api_key",
        "openai_api_key",
        "anthropic_base_url",
        "openai_base_url",
        "pyth_api_key",
        "redis_url",
        "telegram_token",
        "discord_token",
        "jwt_secret",
        "database_url",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """`ANTHROPIC_API_KEY=` in a copied `.env`, or an empty secret file, means no key."""
        return None if isinstance(value, str) and not value.strip() else value

    @cached_property
    def home_path(self) -> Path:
        """The absolute home folder."""
        return self.home.expanduser().absolute()

    @cached_property
    def master_key_path(self) -> Path:
        """Where the master key of trading keys is."""
        return self.home_path / "master.key" if self.master_key_file is None else self.master_key_file.expanduser()

    @property
    def low_lamports(self) -> int:
        """Below how many lamports a key that pays network fees runs low."""
        return int(self.low_sol.scaleb(9))

    @cached_property
    def solana(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Addresses of Solana nodes, the first one asked first: JSON-RPC, and WebSocket."""
        default = f"https://api.{'mainnet-beta' if self.drift_env == 'mainnet' else 'devnet'}.solana.com"
        rpc = _listed(self.solana_rpc_url) or (default,)
        return rpc, _listed(self.solana_ws_url) or tuple(f"ws{url.removeprefix('http')}" for url in rpc)

    @cached_property
    def public_url(self) -> str:
        """The address that people reach the web at, without a slash at its end."""
        return self.public_url_set or f"http://localhost:{self.api_port}"

    @cached_property
    def other_origins(self) -> tuple[str, ...]:
        """Web origins beside the public address whose pages may call the API."""
        return tuple(self.cors_origins.replace(",", " ").split())

    def listens_on(self, port: int) -> None:
        """Where `SAYWHEN_API_PORT` is 0 the system chose *port*; addresses given from now on name it."""
        self.api_port = port
        self.__dict__.pop("public_url", None)

    @cached_property
    def price_file(self) -> Path | None:
        """The candle file to replay, where `SAYWHEN_PRICES` names one instead of a source."""
        return None if self.prices in PRICE_SOURCES else Path(self.prices).expanduser()


def _listed(addresses: SecretStr | None) -> tuple[str, ...]:
    """Addresses separated by commas or blanks."""
    return () if addresses is None else tuple(addresses.get_secret_value().replace(",", " ").split())


def read_settings(**overrides: Any) -> Settings:
    """The settings in force; *overrides* by environment name. Raises NotConfigured with the variable that is wrong."""
    try:
        make: Any = Settings  # the library's own argument is not among the fields that a type checker sees
        return cast(Settings, make(**overrides, **({"_secrets_dir": SECRETS} if SECRETS.is_dir() else {})))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise NotConfigured(f"{name}: {first['msg']}", f"Correct {name} in the environment or in .env.") from None
