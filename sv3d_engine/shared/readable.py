"""Text that can be shown wherever it comes from: file names may hold anything."""

import unicodedata

_LONGEST = 1000  # characters of a whole text
_LONGEST_WORD = 260  # a path of Windows; what is longer is cut out of the middle
_KEPT_END = 60  # characters at the end of a long word: a path's last name tells most
# What nobody sees, and what turns the writing of all that follows: controls, surrogates, invisible marks, breaks.
_HIDDEN = {"Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # belong to the writing of Persian and of emoji


def readable(text: str, longest: int = _LONGEST) -> str:
    """One line of at most ``longest`` characters; what cannot be seen is told by its number, such as ``\\u202e``."""
    seen = "".join(map(_shown, text))
    return _cut(" ".join(_cut(word, _LONGEST_WORD, _KEPT_END) for word in seen.split(" ")), longest, 0)


def _shown(character: str) -> str:
    if character in "\n\t\r":
        return " "
    if unicodedata.category(character) not in _HIDDEN or character in _JOINERS:
        return character
    number = ord(character)  # ASCII's own controls need no escape for "backslashreplace"
    return f"\\x{number:02x}" if number < 0x80 else character.encode("ascii", "backslashreplace").decode()


def _cut(text: str, longest: int, end: int) -> str:
    return text if len(text) <= longest else text[: longest - 1 - end] + "…" + text[len(text) - end :]
