"""The models' rows in the preferences: shown, got with the user's word, verified, removed; the token stays nowhere."""

import json
import os
import stat
import time
from pathlib import Path

import pytest
from conftest import Paper, part, part_of_engine

TOKEN = "hf_very_secret"


@pytest.fixture
def chosen(blender, online, tmp_path, monkeypatch):
    """Preferences with an engine whose ``models`` command notes what it is told and says what SAID holds."""
    python = tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/words\nenv > {tmp_path}/environment\n'
        f'case "$*" in *--token-stdin*) cat > {tmp_path}/stdin;; esac\ncat {tmp_path}/said\n'
    )
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    say(tmp_path, {"type": "done", "path": "x"})
    preferences = part("preferences.property_group").preferences(blender.context)
    preferences.python, preferences.home = str(python), str(tmp_path / "home")
    yield preferences
    setup().shutdown()
    setup().work.dismiss()
    for name in ("home", "weights"):
        preferences.property_unset(name)


def say(folder: Path, *messages: dict) -> None:
    (folder / "said").write_text("a warning\n" + "".join(json.dumps(m) + "\n" for m in messages))


def setup():
    return part("setup.session").engine_setup


def wait() -> None:
    end = time.monotonic() + 30
    while setup().work.busy:
        assert time.monotonic() < end
        time.sleep(0.02)
    setup().tick()


def told(chosen) -> str:
    setup().facts_now(chosen)
    paper = Paper()
    part("setup.model_panel").draw_models(paper, chosen)
    return "\n".join(paper.said)


def test_each_row_tells_size_memory_licence_source_and_state(chosen):
    text = told(chosen)
    catalogue = part_of_engine("shared.model_catalogue").CATALOGUE
    for model in catalogue:
        assert f"{model.title} · not here" in text
        assert model.licence in text and model.source.title in text
    small = catalogue[0]
    size = part("setup.panel").size
    assert f"{size(small.bytes)}; {size(small.memory)} of memory" in text
    assert "better 9.7 GB" in text
    assert text.count("Get") == len(catalogue)


def test_what_is_here_can_be_verified_and_removed(blender, chosen, tmp_path):
    model = part_of_engine("shared.model_catalogue").model_called("u2netp")
    model.path.parent.mkdir(parents=True)
    model.path.touch()
    os.truncate(model.path, model.bytes)
    assert f"{model.title} · ready" in told(chosen)
    assert "Verify" in told(chosen)
    assert f"SHA-256 {model.sha256}" in told(chosen)
    blender.ops.sv3d.remove_model("EXEC_DEFAULT", model="u2netp")
    wait()
    assert (tmp_path / "words").read_text().split()[-4:] == ["models", "remove", "u2netp", "--json"]
    say(tmp_path, {"type": "done", "models": [{"name": "u2netp", "state": "damaged", "problem": "hash"}]})
    blender.ops.sv3d.verify_models(model="u2netp")
    wait()
    assert "u2netp is damaged" in setup().work.failure.cause


def test_a_model_is_got_with_progress_into_the_sv3d_folder(blender, chosen, tmp_path):
    progress = {"type": "progress", "fraction": 0.5, "done": 2, "total": 4, "note": "Downloading", "seconds_left": 3}
    say(tmp_path, progress, {"type": "done", "path": "x"})
    assert blender.ops.sv3d.get_model("EXEC_DEFAULT", model="u2net") == {"FINISHED"}
    wait()
    assert setup().work.failure is None
    assert (setup().work.progress.fraction, setup().work.progress.step) == (0.5, "Downloading")
    assert f"SV3D_HOME={chosen.home}" in (tmp_path / "environment").read_text()
    assert "--token-stdin" not in (tmp_path / "words").read_text()


def test_what_goes_wrong_is_told_in_the_engines_words(blender, chosen, tmp_path):
    say(
        tmp_path,
        {"type": "error", "cause": "The licence has not been accepted.", "remedy": "Accept it.", "details": ""},
    )
    blender.ops.sv3d.get_model("EXEC_DEFAULT", model="u2net")
    wait()
    assert setup().work.failure.cause == "The licence has not been accepted."


def test_the_token_goes_through_standard_input_and_stays_nowhere(blender, chosen, tmp_path):
    blender.ops.sv3d.get_model("EXEC_DEFAULT", model="sv3d_p", token=TOKEN)
    wait()
    assert (tmp_path / "stdin").read_text() == f"{TOKEN}\n"
    assert TOKEN not in (tmp_path / "words").read_text() + (tmp_path / "environment").read_text()
    assert TOKEN not in str(vars(setup().work))
    last = blender.context.window_manager.operator_properties_last("sv3d.get_model")
    assert last.token == ""
    blender.ops.wm.save_userpref()
    blender.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"), compress=False)
    resources = Path(os.environ["BLENDER_USER_RESOURCES"])
    files = [tmp_path / "file.blend", *(f for f in resources.rglob("*") if f.is_file() and f.suffix != ".safetensors")]
    assert len(files) > 2
    assert not [f for f in files if TOKEN.encode() in f.read_bytes()]


def test_without_a_token_the_licence_comes_first(blender, chosen):
    with pytest.raises(RuntimeError, match="accepted its licence"):
        blender.ops.sv3d.get_model("EXEC_DEFAULT", model="sv3d_p")
    paper = Paper()
    model = part_of_engine("shared.model_catalogue").model_called("sv3d_p")
    part("setup.model_panel").draw_offer(paper, model)
    assert "Licence" in paper.said and model.licence in paper.said


def test_nothing_is_got_while_blender_is_to_stay_offline(blender, chosen):
    blender.context.preferences.system.use_online_access = False
    with pytest.raises(RuntimeError, match="stay offline"):
        blender.ops.sv3d.get_model("EXEC_DEFAULT", model="u2net")
    assert "stay offline" in told(chosen)


def test_weights_that_have_come_are_used(blender, chosen, tmp_path):
    model = part_of_engine("shared.model_catalogue").model_called("sv3d_p")
    model.path.parent.mkdir(parents=True)
    import wedge

    wedge.write_weights(model.path)
    model.path.with_name(f"{model.file}.sha256").write_text("ab" * 32)  # as the engine notes it
    blender.ops.sv3d.get_model("EXEC_DEFAULT", model="sv3d_p", token=TOKEN)
    wait()
    assert Path(chosen.weights) == model.path
    assert f"SHA-256 {'ab' * 32}" in told(chosen)
