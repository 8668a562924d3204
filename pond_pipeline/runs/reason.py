"""Why a step failed, in our own words."""

import re

import dagster as dg

from pond_core import PondError

_CLASS_NAME = re.compile(r"^[\w.]+: ")


def reason_of(event: dg.DagsterEvent) -> str:
    """Return our own error's words and hint, else the innermost error's.

    The layers around are Dagster's; what is below an error of ours is explained by it.

    Args:
        event: The failure of a step.
    """
    error = event.step_failure_data.error
    if error is None:
        return "failed without an error"
    chain = [error]
    while (cause := chain[-1].cause) is not None:
        chain.append(cause)
    ours = _names_of(PondError)
    told = next((each for each in chain if each.cls_name in ours), chain[-1])
    # "package.module.NotFoundError: what happened" without the name of the class
    return _CLASS_NAME.sub("", told.message.strip(), count=1)


def _names_of(cls: type[BaseException]) -> set[str]:
    return {cls.__name__}.union(*map(_names_of, cls.__subclasses__()))
