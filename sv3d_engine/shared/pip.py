"""What is asked of pip, and what it, venv and uv say when they fail, in words for an artist.  Standard library only."""

import re

from .errors import UserError

# pip 25.1 and newer go on where a connection broke if told so; older ones, as Python brings them, know no such option.
RESUMING = {"PIP_RESUME_RETRIES": "20"}
TAIL = 4000  # characters of a failed command's words in a report

# What is said, what it means, and what helps: the first that is found counts, for without a network pip says in the
# end that there is no such package.  {again} is what to do then, {what} the package.
_MEANINGS: tuple[tuple[str, str, str], ...] = (
    (
        r"No space left|Errno 28\b|WinError (39|112)\b|not enough space on the disk|Disk quota exceeded|Errno 122\b",
        "The disk became full.",
        "Free some space, or choose another SV3D folder, and {again}.",
    ),
    (
        r"Errno 30\b|Read-only file system",
        "The disk of the SV3D folder is read-only.",
        "Make it writable, or choose another SV3D folder, and {again}.",
    ),
    (
        r"Errno (36|63)\b|WinError 206\b|File name too long|Long Path support",
        "The path of the SV3D folder is too long for what lies in it.",
        "Choose an SV3D folder with a shorter path and {again}.",
    ),
    (
        r"Errno 5\b|Input/output error|WinError (21|23|483|1117|1392)\b|Stale file handle",
        "The disk of the SV3D folder failed.",
        "See that it is connected and sound, or choose another SV3D folder, and {again}.",
    ),
    (
        r"MemoryError|Cannot allocate memory|Errno 12\b|WinError (8|1455)\b|status (9|137)$",
        "The computer's memory ran out.",
        "Close other programs and {again}.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError|invalid peer certificate",
        "The connection to the package index is not secure: its certificate could not be trusted.",
        "Check the computer's clock. If your network has a certificate of its own, name its file in the variable "
        "PIP_CERT, restart Blender and {again}.",
    ),
    (
        r"ProxyError|407 Proxy|Tunnel connection failed",
        "The network's proxy did not let the download pass.",
        "Set the variable HTTPS_PROXY, or pip's own setting, to a proxy that does, restart Blender and {again}.",
    ),
    (
        r"DO NOT MATCH|Hash mismatch|hash(es)? .*mismatch|bad checksum",
        "The package index gave another file than the one that SV3D asked for.",
        "To try it once more, {again}; if you use an index of your own, check where it has the package from.",
    ),
    (
        r"Wheel '.*' .*is invalid|BadZipFile|Invalid wheel|has an invalid wheel|not a zip file",
        "The download of a package was cut off, or it came damaged.",
        "Check the connection to the internet and {again}.",
    ),
    (
        r"\b40[13] (Client )?(Error|Unauthorized|Forbidden)|HTTP error 40[13]\b",
        "The package index refused the download.",
        "Check the index and the account in pip's settings, such as PIP_INDEX_URL, and {again}.",
    ),
    (
        r"\b(429|50[0234]) (Client |Server )?Error|HTTP error (429|50[0234])\b|Too Many Requests|too many 5\d\d error",
        "The package index is too busy.",
        "Wait some minutes and {again}.",
    ),
    (
        r"NewConnectionError|Failed to establish|name resolution|getaddrinfo|NameResolutionError|ConnectTimeout|"
        r"ReadTimeout|timed out|Connection (refused|reset|aborted|broken)|ConnectionError|Network is unreachable|"
        r"IncompleteRead|IncompleteDownload|Download failed after|ProtocolError|error sending request|dns error|"
        r"Max retries",
        "The package index cannot be reached.",
        "Check the connection to the internet, and the proxy if there is one, and {again}.",
    ),
    (
        r"Invalid URL|InvalidSchema|No connection adapters|InvalidProxyURL|Failed to parse: ",
        "The address of the package index in pip's settings is not one.",
        "Correct PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, or pip's configuration file, restart Blender and {again}.",
    ),
    (
        r"No matching distribution|from versions: none|Could not find a version|is not a supported wheel|"
        r"No download found|404 Client Error|HTTP error 404\b",
        "The package index does not have the package{what}.",
        "Use Python's own index, pypi.org, or have yours offer the package (PIP_INDEX_URL names it); or choose another "
        "build of PyTorch or another Python. Then {again}.",
    ),
    (
        r"ResolutionImpossible|conflicting dependencies",
        "The package index has no versions of PyTorch's libraries that go together.",
        "Choose another build of PyTorch, or update the SV3D extension, and {again}.",
    ),
    (
        r"ensurepip is not|No module named '?(ensurepip|venv|pip)|returned non-zero exit status|"
        r"virtual environment was not created",
        "This Python cannot make environments.",
        "Choose another Python under “Python to Build On”; on Debian and Ubuntu the package python3-venv is missing.",
    ),
    (
        r"Permission denied|PermissionError|Access is denied|WinError (5|32|33)\b|Errno 13\b|being used by another",
        "A file in the SV3D folder could not be written.",
        "End other Blenders, let the antivirus program trust the SV3D folder, or choose another folder; then {again}.",
    ),
    (
        r"cannot open shared object file|GLIBC\w*_[\d.]+'? not found|not a valid Win32|Exec format error|Errno 8\b|"
        r"No such file or directory: '[^']*python[^']*'|DLL load failed|Library not loaded",
        "The Python that the environment is made from does not start, or lacks a part of it.",
        "Choose another Python under “Python to Build On”, or leave that empty, and {again}.",
    ),
)


def pip_failure(said: str, again: str) -> UserError:
    """What pip, venv or uv have said as they failed; ``again`` ends a sentence: "press the button again".

    What is not known is told in their own last words.
    """
    if error := known_failure(said, again):
        return error
    told = _last_words(said)
    cause = f"A program that SV3D uses failed: {told}" if told else "A program that SV3D uses ended without a word."
    remedy = (
        f"To try it once more, {again}; if it fails again, send a report: Copy Report holds all that is needed (on the "
        "command line: --details)."
    )
    return UserError(cause, remedy, said[-TAIL:])


def known_failure(said: str, again: str) -> UserError | None:
    """The same; None where it is not known."""
    for pattern, cause, remedy in _MEANINGS:
        if re.search(pattern, said, re.IGNORECASE | re.MULTILINE):
            found = re.search(r"No matching distribution found for ([^\s;]+)|requirement ([^\s;]+==[^\s;]+)", said)
            what = f" {found[1] or found[2]}" if found else ""
            return UserError(cause.format(what=what), remedy.format(again=again), said[-TAIL:])
    return None


def _last_words(said: str) -> str:
    """The line that most likely tells why: the last one that calls itself an error, else the last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(error|exception)\b", line, re.IGNORECASE)]
    line = (errors or lines or [""])[-1]
    return line if len(line) <= 200 else line[:199] + "…"
