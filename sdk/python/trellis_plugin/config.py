"""What the operator wrote under `config` of this plugin."""

from .host import interface

_config = interface("config")


def configured(key: str) -> str | None:
    """A text as it stands, any other TOML value as JSON text (`true`, `12`, `["a"]`)."""
    return _config.get(key)
