"""A plugin's considered "no". Every other exception is a fault: a mistake in the plugin."""


class Refusal(Exception):
    """Why a plugin says no, in words for the person who asked."""

    @property
    def text(self) -> str:
        return str(self)
