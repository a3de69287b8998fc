"""Where the plugin's values become the interface's. Outside a component they stay what they are, so that tests see them."""

import traceback

from . import absent
from .records import Consume, Create, FoundOutput, Freeform, Move, OutputList

try:
    from componentize_py_types import Err
except ModuleNotFoundError:
    Err = None
else:
    absent.say_so()


def refusal(thrown):
    """What the interface knows a refusal by."""
    return Err(str(thrown)) if Err else thrown


def answer(value):
    """The interface has classes of its own for what can be one of several things."""
    if not Err:
        return value
    if isinstance(value, (OutputList, Freeform)):
        from wit_world.exports import lookup_service

        if isinstance(value, Freeform):
            return lookup_service.Answer_Freeform(value.json)
        found = [output if hasattr(output, "outpoint") else FoundOutput(output) for output in value.outputs]
        return lookup_service.Answer_OutputList(found)
    if isinstance(value, list):
        from wit_world.exports import basket_manager

        variants = {
            Create: basket_manager.Operation_Create,
            Move: basket_manager.Operation_Move,
            Consume: basket_manager.Operation_Consume,
        }
        return [variants[type(operation)](operation) for operation in value]
    return value


def in_words(mistake: BaseException) -> str:
    """One line: where what went wrong, the innermost place first. It begins as the host knows such a line by."""
    # Not `traceback.extract_tb`, which looks for the source: there are no files in a component.
    walked = [(frame.f_code, line) for frame, line in traceback.walk_tb(mistake.__traceback__)]
    places = [f"{code.co_filename}:{line} in {code.co_name}" for code, line in reversed(walked) if "trellis_plugin" not in code.co_filename]
    return f"panicked at {', '.join(places)}: {type(mistake).__name__}: {mistake}"
