"""The host's interfaces: the component's imports in a component, the stand-in's anywhere else."""

import importlib
from types import ModuleType


def interface(name: str) -> ModuleType:
    """The interface of this name."""
    try:
        importlib.import_module("wit_world")
    except ModuleNotFoundError:
        from . import stand_in

        return stand_in.interface(name)
    try:
        return importlib.import_module(f"wit_world.imports.{name}")
    except ModuleNotFoundError:
        message = f"trellis_plugin.{name} is used, but wit/world.wit does not have it: add the line `import bsv:overlay/{name}@0.1.0;`"
        raise ImportError(message) from None
