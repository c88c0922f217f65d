"""The engine as a process: a supervisor that always answers, and a runner it may kill.

The add-on talks to the supervisor, which imports nothing heavy and passes jobs on to the runner, the process with
PyTorch in it.  So a stage deep in native code, a crash there, or memory running out can neither delay a cancel nor
break the line to the add-on.
"""
