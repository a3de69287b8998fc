"""Lines for the operator's log. The host escapes and caps them and names plugin and topic."""

from .host import interface

_log = interface("log")


def debug(message: str) -> None:
    """For the plugin's author."""
    _log.write(_log.Level.DEBUG, message)


def info(message: str) -> None:
    """Worth knowing."""
    _log.write(_log.Level.INFO, message)


def warn(message: str) -> None:
    """Worth a look."""
    _log.write(_log.Level.WARN, message)


def error(message: str) -> None:
    """Something is wrong. The host takes the last such line of a call that breaks for the fault's text."""
    _log.write(_log.Level.ERROR, message)
