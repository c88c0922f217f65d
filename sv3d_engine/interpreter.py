"""How this Python was started, for the processes it starts."""

import sys


def interpreter_flags() -> list[str]:
    """This Python's own isolation as options of the command line."""
    flags = {"-s": sys.flags.no_user_site, "-P": sys.flags.safe_path, "-E": sys.flags.ignore_environment}
    return [flag for flag, on in flags.items() if on]
