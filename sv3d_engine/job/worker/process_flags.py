"""How Windows starts the engine's processes; elsewhere they are nothing."""

import subprocess

NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
POLITE: int = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # elsewhere the runner sees to it itself
