import pytest

from sv3d_engine.shared.readable import readable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("There is no folder /home/anna/Bär ü 猫.", "There is no folder /home/anna/Bär ü 猫."),
        ("two\nlines\tand more", "two lines and more"),
        ("bell\x07 escape\x1b[31m nul\x00 del\x7f", "bell\\x07 escape\\x1b[31m nul\\x00 del\\x7f"),
        ("photo\u202egnp.exe", "photo\\u202egnp.exe"),
        ("half a pair \ud83d, a byte that is no text \udc80", "half a pair \\ud83d, a byte that is no text \\udc80"),
        ("line\u2028separator", "line\\u2028separator"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_every_character_can_be_seen(text, shown):
    assert readable(text) == shown
    shown.encode("utf-8")


def test_a_long_word_keeps_its_two_ends():
    path = "/home/anna/" + 5000 * "x" + "/picture.png"
    shown = readable(f"There is no picture {path}.")
    assert len(shown) < 300
    assert "/home/anna/" in shown
    assert "/picture.png." in shown


def test_a_long_text_ends():
    assert readable("word " * 1000, 20) == "word word word word…"
