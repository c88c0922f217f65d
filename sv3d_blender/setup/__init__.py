"""The engine's own environment, made, repaired, brought up to date and removed without a terminal.

Way of the data: ``lock`` (what belongs in it) and ``packages`` (what is in it) → ``state`` (how it is) → ``base`` and
``plan`` (what would come, how big, where) → ``installer`` (does it, with the commands of ``commands``) → ``work`` (in a
thread).  All but ``ops`` and ``panel`` do without ``bpy``.
"""
