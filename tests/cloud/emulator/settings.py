"""What the emulator was started with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The options of `serve.py`.

    `instances` is the base URL of the server that gives each `AWS::RDS::DBInstance` a PostgreSQL database;
    empty when there is none, and then such an instance fails to be created.
    """

    port: int
    account: str
    region: str
    instances: str = ""

    @property
    def endpoint(self) -> str:
        """The address of the emulator for its own clients and for functions. By number, so that S3 is path style."""
        return f"http://127.0.0.1:{self.port}"


_current: Settings | None = None


def use(settings: Settings) -> None:
    """Makes these the settings of this process."""
    global _current
    _current = settings


def current() -> Settings:
    """Returns the settings of this process."""
    if _current is None:
        raise RuntimeError("the emulator has not been configured")
    return _current
