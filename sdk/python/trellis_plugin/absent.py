"""What the language has and a plugin has not. In a component it would stop the call without a word, or be the same in every call;
here it says so. `print` writes to the operator's log."""

import builtins
import random
import time

from . import log

_NO_CLOCK = "there is no clock in a plugin; what a lookup service needs of time is in `admitted_at` and `spent_at`"
_NO_RANDOMNESS = "there is no randomness in a plugin: the same submission must get the same verdict on every host"
_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "localtime", "gmtime", "ctime")
_RANDOM = ("random", "randint", "randrange", "randbytes", "getrandbits", "choice", "choices", "sample", "shuffle", "uniform")


def _absent(reason: str):
    def call(*_, **__):
        raise RuntimeError(reason)

    return call


def _print(*values, sep=" ", **_):
    log.info((" " if sep is None else sep).join(map(str, values)))


def say_so() -> None:
    """From now on, what is absent says so."""
    for name in _CLOCKS:
        setattr(time, name, _absent(_NO_CLOCK))
    for name in _RANDOM:
        setattr(random, name, _absent(_NO_RANDOMNESS))
    builtins.print = _print
