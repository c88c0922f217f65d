"""The German texts: none is missing, none is left over, and the tab is drawn in them."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest
import told
from conftest import Paper, drawn, part

LANGUAGE = "de_DE"
# Names, which are the same in every language, and numbers.
SAME = re.compile(r"SV3D(_[a-z])?|SV3D_[A-Z]\w+|(\d+ px)|glTF \(\.glb\)|FBX \(\.fbx\)|USD \(\.usdc\)|SHA-256|[\W\d]*")
_DRAW = {"label", "operator", "prop", "menu", "progress", "row", "said", "reported", "phrase"}


@pytest.fixture
def german(blender, monkeypatch) -> dict[str, str]:
    """Blender as a module has no languages: its look-up is done from the add-on's own catalogue."""
    translations = part("translations")
    texts = translations.catalogue(LANGUAGE)
    for look_up in ("_look_up", "_look_up_report"):
        monkeypatch.setattr(translations, look_up, lambda text: texts.get(text, text))
    return texts


def code_of(folder: str) -> Iterator[tuple[Path, ast.AST]]:
    here = Path(part("translations").__file__).parent
    for file in (here.with_name(folder)).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            yield file, node


def constants(node: ast.AST) -> Iterator[str]:
    """The texts that an argument can be."""
    if isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_every_label_and_tooltip_is_translated(blender, german):
    wanted = {}
    for what in (*told.classes(blender), *told.properties(blender)):
        if what.shown:
            wanted |= {what.label: what.path, what.tip: what.path}
    missing = {text: path for text, path in wanted.items() if text not in german and not SAME.fullmatch(text)}
    assert not missing, f"add these to languages/{LANGUAGE}: " + json.dumps(missing, indent=1, ensure_ascii=False)


def test_every_text_in_the_code_that_is_drawn_is_translated(german):
    missing = {}
    for file, node in code_of("sv3d_blender"):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        texts = [text for word in node.keywords if word.arg == "text" for text in constants(word.value)]
        if name in {"said", "reported", "phrase"} and node.args:
            texts += constants(node.args[0])
        if name in _DRAW:
            missing |= {text: file.name for text in texts if text not in german and not SAME.fullmatch(text)}
    assert not missing, f"add these to languages/{LANGUAGE}: " + json.dumps(missing, indent=1, ensure_ascii=False)


def test_no_translation_is_left_over(blender, german):
    there = {text for what in (*told.classes(blender), *told.properties(blender)) for text in what[1:3]}
    for folder in ("sv3d_blender", "sv3d_engine"):
        there |= {text for _, node in code_of(folder) for text in constants(node)}
    assert sorted(text for text in german if text not in there) == []


def test_no_text_is_in_two_files():
    files = (part("translations").FOLDER / LANGUAGE).glob("*.json")
    keys = [key for file in files for key in json.loads(file.read_text(encoding="utf-8"))]
    assert len(keys) > 300
    assert sorted(key for key in set(keys) if keys.count(key) > 1) == []


def test_a_translation_takes_the_values_of_its_original(german):
    def fields(text: str) -> set[tuple[str, str]]:
        return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name}

    for english, text in german.items():
        assert text.strip() and fields(text) == fields(english), english
        assert english.endswith(".") == text.endswith("."), english


def test_a_phrase_is_said_with_its_values(german):
    phrases, said = part("phrase"), part("translations").said
    time = phrases.phrase("about {time}", time=phrases.phrase("{count} min", count=3))
    text = phrases.phrase("The orbit takes {time}.", time=time)
    assert text == "The orbit takes about 3 min."
    assert said(text) == "Der Rundgang dauert etwa 3 min."
    assert said(phrases.joined(" · ", ("", time, "Level {x}"))) == "etwa 3 min · Level {x}"
    # What an artist has called something is left alone, be it a word that has a translation or a brace.
    assert said("{job} waits for Object Mode", job="Level {x}") == "Level {x} wartet auf den Objektmodus"


def test_a_report_is_german_too(blender, german):
    mesh = blender.data.meshes.new("open")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    problem = part("use.print_export").not_watertight(mesh)
    assert problem == "The mesh is not watertight: 3 open edges."
    text = part("translations").reported("Written: {file}. {problem}", file="a.stl", problem=problem)
    assert text == "Geschrieben: a.stl. Das Mesh ist nicht wasserdicht: 3 offene Kanten."


def test_the_tab_is_drawn_in_german(blender, settings, german):
    """Every text is either German already, or one that Blender looks up whole."""
    said = []
    for source in ("PRESET", "CAMERAS"):
        settings.orbit_source = source
        if source == "CAMERAS":
            blender.ops.sv3d.add_orbit_cameras(preset="sine", around="CURSOR")
            cameras = settings.scene_cameras.rig.objects
            next(camera for camera in cameras if camera.name.endswith("09")).data.lens = 20
        said += drawn(blender)
    paper = Paper()
    region = SimpleNamespace(width=9999)
    context = SimpleNamespace(
        scene=blender.context.scene,
        window_manager=blender.context.window_manager,
        region=region,
        preferences=SimpleNamespace(system=SimpleNamespace(ui_scale=1)),
    )
    part("history.panel").draw_history(paper, context)
    seen = [german.get(text, text) for text in said + paper.said]
    assert {"Erzeugen", "Orbit 09 hat eine andere Brennweite. SV3D sieht immer 33.8° weit."} <= set(seen)
    english = re.compile(r"\b(the|The|of|and|is|are|for|with|free|takes)\b")
    assert [text for text in seen if english.search(text)] == []


def test_registered_and_gone_again(blender, monkeypatch):
    translations, known = part("translations"), {}
    stand_in = SimpleNamespace(register=known.__setitem__, unregister=known.__delitem__)
    monkeypatch.setattr(translations, "bpy", SimpleNamespace(app=SimpleNamespace(translations=stand_in)))
    translations.register()
    (texts,) = known.values()
    assert texts[LANGUAGE]["Operator", "Generate"] == texts[LANGUAGE]["*", "Generate"] == "Erzeugen"
    translations.unregister()
    assert not known
