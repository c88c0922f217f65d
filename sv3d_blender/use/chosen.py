"""The result that the buttons of this room work on."""

from typing import Any

import bpy

from ..result.provenance import PREFIX
from ..translations import said

_JOB = PREFIX + "job"


def result_at_hand(context: Any) -> bpy.types.Object | None:
    """The active object, if it is a mesh that SV3D has made."""
    active = context.active_object
    return active if active is not None and active.type == "MESH" and _JOB in active else None


def chosen_result(context: Any) -> bpy.types.Object:
    """The same, where ``poll_result`` has let the operator run."""
    result = result_at_hand(context)
    assert result is not None
    return result


def poll_result(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """What all of these operators ask of their context, and what they say without it."""
    if context.mode != "OBJECT":
        operator.poll_message_set(said("Works in Object Mode"))
        return False
    if result_at_hand(context) is None:
        operator.poll_message_set(said("Select a mesh that SV3D has made first"))
        return False
    return True
