"""The engine's own environment and its models, got, repaired, brought up to date and removed without a terminal.

Way of the data: ``lock`` (what belongs in the environment) and ``packages`` (what is in it) → ``state`` (how it is) →
``base`` and ``plan`` (what would come, how big, where) → ``installer`` (does it, with the commands of ``commands``) and
``tasks`` (that and the models) → ``work`` (in a thread).  ``facts`` and ``readiness`` tell before a job what it lacks.
These do without ``bpy``; ``session``, ``ops``, ``panel``, ``card`` and the models' are Blender's side.
"""
