"""Sentences that remember how they were made."""

from sv3d.sv3d_blender.phrase import Phrase, joined, phrase


def test_a_phrase_is_its_english_sentence_and_keeps_its_parts() -> None:
    made = phrase("{count:.0f} of {all} done", count=1.6, all=phrase("{n} jobs", n=4))
    assert made == "2 of 4 jobs done" and isinstance(made, str)
    assert made.template == "{count:.0f} of {all} done"
    assert made.values["count"] == 1.6 and isinstance(made.values["all"], Phrase)


def test_joined_leaves_out_what_is_empty_and_takes_braces_as_they_are() -> None:
    assert joined(" · ", ("", "a {b}", phrase("c"), "")) == "a {b} · c"
    assert not joined(" · ", ("", ""))
