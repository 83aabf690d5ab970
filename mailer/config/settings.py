"""The settings of the service: what they are, where they come from, and what is wrong with them.

A setting is taken from the first that has it: an argument, a variable `MAILER_…`, `mailer.toml`,
its default. `Settings.load` looks in all four; `Settings(…)` takes only what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from mailer.config import checks, sources
from mailer.config.access import Access
from mailer.config.bounds import Bounds
from mailer.config.deliverability import Deliverability
from mailer.config.inbound import Inbound
from mailer.config.kinds import Kind, amount, choice, number
from mailer.config.pages import Pages
from mailer.config.sources import Found
from mailer.domain.campaigns.rate_limit import RateLimit
from mailer.domain.look.look import PLAIN, Look, chosen
from mailer.domain.settings import attribute_tables, setting
from mailer.domain.settings.directory import Directory, directories
from mailer.domain.settings.relay_url import RelayUrl
from mailer.domain.settings.setting import DkimKey
from mailer.domain.settings.topic_tables import read_topics
from mailer.domain.settings.transport_url import Destination
from mailer.domain.subscribers.attributes import Attribute
from mailer.domain.subscribers.topic import EVERY, Topics
from mailer.errors import ConfigError

DEFAULT: Final = "default"
CONSOLE: Final = "console"
"""The origin of what users said over the settings."""


class Settings(Access, Bounds, Deliverability, Inbound, Pages):
    """The settings of the service: a value that never changes.

    What users say over them in the console is a look (`with_look`), of which each process notices
    changes by itself; see `mailer.services.look.live`.

    Shows no secret in `repr`. A relay's password is only in `relays`, the store's only in
    `redis_url`; the secret key is not a setting but a file (see `secret_key`).
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Annotated[Path, Kind("path", setting.path)] = Field(
        default=Path("data"), description="Folder for all that the service keeps; made if missing."
    )
    redis_url: Annotated[str, Kind("URL or empty", setting.redis_url)] = Field(
        default="",
        repr=False,
        description="Store to use. Empty: the service runs its own, in the data folder.",
    )
    durability: Annotated[
        Literal["always", "everysec"],
        choice("always", "everysec"),
    ] = Field(
        default="always",
        description="When the embedded store writes to disk: with every change, or each second"
        " except where a mail could be lost or repeated.",
    )
    languages: Annotated[
        tuple[str, ...], Kind("list of language codes", setting.items(setting.language, least=1))
    ] = Field(
        default=("en", "fr", "es"),
        description="Languages that readers can choose; the first stands in for unknown ones.",
    )
    topics: Annotated[Topics, Kind("list of ids, or a table for each", read_topics)] = Field(
        default=Topics.of("bulletin", "meetings"), description="What readers can subscribe to."
    )
    attributes: Annotated[
        Mapping[str, Attribute], Kind("table of attributes", attribute_tables.attributes)
    ] = Field(default={}, description="What you note of readers beside that; see docs/segments.md.")
    sender_name: Annotated[
        str | Mapping[str, str], Kind("text, or table of language = text", setting.names)
    ] = Field(
        default="Bulletin",
        description="Name that readers see as the sender; may differ by language.",
    )
    sender_address: Annotated[str, Kind("mail address or empty", setting.address)] = Field(
        default="", description="Address that mail comes from; needed before anything is sent."
    )
    reply_to: Annotated[str, Kind("mail address or empty", setting.address)] = Field(
        default="", description="Address that answers go to. Empty: the sender's."
    )
    owner_address: Annotated[str, Kind("mail address or empty", setting.address)] = Field(
        default="", description="Address of the secretariat, which gets what needs a person."
    )
    list_name: Annotated[str, Kind("part before the @", setting.mailbox)] = Field(
        default="bulletin", description="Name of the list's own mailbox, as in bulletin-subscribe@…"
    )
    list_domain: Annotated[str, Kind("domain name or empty", setting.domain)] = Field(
        default="",
        description="Domain of the list's own addresses, where bounces return;"
        " needed before anything is sent.",
    )
    relays: Annotated[
        tuple[Destination, ...], Kind("list of relay URLs", setting.items(setting.relay, least=1))
    ] = Field(
        default=(RelayUrl.parse("smtp://127.0.0.1:25"),),
        description="Where mail is handed over: SMTP servers, with login, TLS, weight and"
        " connections, such as smtp://user:password@relay.example.org:587?starttls=required,"
        " or maildir:/srv/mail/out, or a pipe: to a command, by itself",
    )
    connections: Annotated[int, number(1, 256)] = Field(
        default=24, description="Connections to the relays that one worker keeps open at most."
    )
    refusals_in_a_row: Annotated[int, number(3, 1000)] = Field(
        default=10, description="So many equal refusals of different readers in a row are about us."
    )
    dkim_keys: Annotated[
        tuple[DkimKey, ...],
        Kind("list of { domain, selector, file }", setting.items(setting.dkim_key)),
    ] = Field(default=(), description="Keys that sign the mail; `mailer init` makes two.")
    dkim_unsigned: Annotated[
        tuple[str, ...], Kind("list of header fields", setting.items(setting.unsigned))
    ] = Field(
        default=(),
        description="Header fields that signatures leave out because the relay rewrites them:"
        ' ["message-id", "date"] for Amazon SES.',
    )
    rate_limits: Annotated[
        tuple[RateLimit, ...], Kind("list of rates in words", setting.items(setting.rate_limit))
    ] = Field(
        default=(),
        description="How fast mail may leave, such as 600 a minute to gmail.com or"
        " 20 a second through relay.example.org",
    )
    retry_hours: Annotated[float, amount(1, 240, "hours")] = Field(
        default=48, description="How long a delivery that fails for now is tried again."
    )
    lateness_hours: Annotated[float, amount(0, 720, "hours")] = Field(
        default=6,
        description="How late a scheduled sending may start after the service was down;"
        " past it, it is held until a person decides.",
    )
    notice_grace_minutes: Annotated[float, amount(0, 1440, "minutes")] = Field(
        default=10,
        description="How long a change of a calendar entry waits before readers who were told"
        " otherwise get notice of it, so that a slip that is put right sends nothing.",
    )
    unknown_policy: Annotated[Literal["resend", "skip"], choice("resend", "skip")] = Field(
        default="resend",
        description="What to do where a relay took a message but its answer was lost:"
        " send it again (a reader might get it twice) or not (a reader might miss it).",
    )
    secret_key_file: Annotated[Path, Kind("path", setting.path)] = Field(
        default_factory=lambda data: data["data_dir"] / "secret.key",
        description="File with the key that signs links and return addresses; made at the first"
        " start. Keep a copy: with another key, links in mail already sent stop working.",
    )
    workers: Annotated[int, number(1, 64)] = Field(
        default=2,
        description="Processes that send campaigns, when `mailer up` runs everything; one more is "
        "kept for confirmations, incoming mail and the scheduler.",
    )
    chunk_size: Annotated[int, number(1000, 65536, 8)] = Field(
        default=4096, description="How many readers one job sends to."
    )
    lease_seconds: Annotated[float, amount(1, 600, "seconds")] = Field(
        default=30,
        description="How long a process that sends may be silent before another takes over"
        " what it had; clocks of several machines must agree much better than this.",
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        choice("debug", "info", "warning", "error"),
    ] = Field(
        default="info", description="What is logged; debug shows addresses, the others never do."
    )
    log_format: Annotated[Literal["text", "json"], choice("text", "json")] = Field(
        default="text", description="How it is logged: for people, or one JSON object a line."
    )
    clock_offset_seconds: Annotated[float, Kind("seconds", setting.real(-4e9, 4e9, "seconds"))] = (
        Field(default=0, description="Shifts the clock. For demonstrations only.")
    )

    sync: Annotated[Mapping[str, Directory], Kind("table of directories", directories)] = Field(
        default={},
        description="Directories that the list is kept in step with: a section [sync.NAME] each, at"
        " the end of the file.",
    )

    _values: dict[str, Any] = PrivateAttr(default_factory=dict)
    _found: dict[str, Found] = PrivateAttr(default_factory=dict)
    _config_file: Path | None = PrivateAttr(None)
    _look: Look = PrivateAttr(PLAIN)
    _under: Settings | None = PrivateAttr(None)
    """The settings without a look; none: these."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Construct from arguments alone; `load` gathers the rest, so that it can name places."""
        return (init_settings,)

    @classmethod
    def load(cls, config: Path | None = None, **overrides: Any) -> Settings:
        """Gather the settings from everywhere and check them.

        Relative paths in the file are relative to the file; elsewhere to the working directory.

        Args:
            config: the file; none: `MAILER_CONFIG`, else `./mailer.toml`, else
                `/etc/mailer/mailer.toml`, else no file.
            overrides: settings from the command line; none is as if not given.

        Raises:
            ConfigError: with every problem, its place and its remedy.
        """
        file = sources.find_file(config)
        found, problems = sources.gather(file, overrides, cls.model_fields)
        folder = file.parent if file else Path()
        values: dict[str, Any] = {"data_dir": str((folder / "data").absolute())}
        values |= {name: value for name, (value, _) in found.items()}
        try:
            settings = cls(**values)
        except ValidationError as error:
            problems += sources.problems_of(error.errors(include_url=False), found)
        if problems:
            raise ConfigError(problems)
        settings._values, settings._found, settings._config_file = values, found, file
        return settings

    @property
    def retry_limit(self) -> timedelta:
        """Tell how long a deferred delivery is tried again."""
        return timedelta(hours=self.retry_hours)

    @property
    def lateness_limit(self) -> timedelta:
        """Tell how late something scheduled may still start (law 12)."""
        return timedelta(hours=self.lateness_hours)

    @property
    def notice_grace(self) -> timedelta:
        """Tell how long a change waits before readers hear of it."""
        return timedelta(minutes=self.notice_grace_minutes)

    @property
    def clock_offset(self) -> timedelta:
        """Tell how far the clock runs ahead of the machine's."""
        return timedelta(seconds=self.clock_offset_seconds)

    @property
    def look(self) -> Look:
        """Return what users said over these settings."""
        return self._look

    @property
    def under(self) -> Settings:
        """Return the settings without what users said over them."""
        return self._under or self

    def with_look(self, look: Look) -> Settings:
        """Return the settings with a look over them, in place of any that is over them now."""
        under = self.under
        if look is PLAIN:
            return under
        laid: dict[str, Any] = {}
        if look.languages:
            laid["languages"] = look.languages
        if look.topics is not None:
            laid["topics"] = look.topics
        over = under.model_copy(update=laid)
        over._look, over._under = look, under  # noqa: SLF001  # another of our own
        return over

    def adopt(self, look: Look) -> None:
        """Lay a look over these very settings: for a command, which has them to itself."""
        over = (self._under or self.model_copy()).with_look(look)
        self.__dict__.update(over.__dict__)
        self._look, self._under = look, over.under

    def origin(self, name: str) -> str:
        """Tell where a setting comes from: a file, a variable, the `console`, or `default`."""
        if name in {"languages", "topics", "sender_name"} and getattr(self._look, name):
            return CONSOLE
        return self._found[name].place if name in self._found else DEFAULT

    def sender_name_in(self, language: str) -> str:
        """Tell the sender's name for a reader of that language."""
        own = self.sender_name
        names = {**({EVERY: own} if isinstance(own, str) else own), **self._look.sender_name}
        return chosen(names, language, (*self.languages, *names))

    def list_title_in(self, language: str) -> str:
        """Tell what the list is called, to a reader of that language."""
        title = chosen(self._look.list_title, language, self.languages)
        return title or self.sender_name_in(language)

    def institution_in(self, language: str) -> str:
        """Tell the institution's name in a language; empty if it has none."""
        return chosen(self._look.institution, language, self.languages)

    def environment(self) -> dict[str, str]:
        """Write the settings as variables, so that a process started with them has the same.

        They may hold passwords of relays: for a child's environment, not for its arguments.
        """
        return sources.as_variables(self._values, self._config_file)

    def check_for_sending(self) -> None:
        """Make sure that mail can be sent: some settings have no default that could be right.

        Raises:
            ConfigError: for each setting that is missing.
        """
        missing = [name for name in sources.NEEDED_FOR_SENDING if not getattr(self, name)]
        if missing:
            raise ConfigError(sources.needed_for_sending(missing, self._config_file))

    @field_validator("topics")
    @classmethod
    def _topics_fit(cls, value: Topics, info: ValidationInfo) -> Topics:
        checks.topics(value, info.data.get("languages"))
        return value

    @field_validator("sender_name")
    @classmethod
    def _names_known(cls, value: Any, info: ValidationInfo) -> Any:
        checks.names(value, info.data.get("languages"))
        return value

    @field_validator("list_domain")
    @classmethod
    def _owner_elsewhere(cls, value: str, info: ValidationInfo) -> str:
        checks.owner_elsewhere(
            info.data.get("list_name"), value, info.data.get("owner_address", "")
        )
        return value

    @field_validator("dkim_keys")
    @classmethod
    def _keys_usable(cls, value: tuple[DkimKey, ...]) -> tuple[DkimKey, ...]:
        checks.keys(value)
        return value

    @field_validator("relays")
    @classmethod
    def _relays_alike(cls, value: tuple[Destination, ...]) -> tuple[Destination, ...]:
        checks.alike(value)
        return value

    @field_validator("sync")
    @classmethod
    def _directories_known(
        cls, value: Mapping[str, Directory], info: ValidationInfo
    ) -> Mapping[str, Directory]:
        checks.directories(value, info.data.get("languages"), info.data.get("topics"))
        return value

    @field_validator("rate_limits")
    @classmethod
    def _relays_known(
        cls, value: tuple[RateLimit, ...], info: ValidationInfo
    ) -> tuple[RateLimit, ...]:
        checks.relays(value, info.data.get("relays", ()))
        return value
