"""Real objects out of their packages: only what is allowed, each credited, none both learnt and measured."""

import zipfile
from pathlib import Path

import pytest

from sv3d_engine.job.command_line import main
from sv3d_engine.laboratory.dataset.model_files import model_files
from sv3d_engine.laboratory.dataset.object_collections import Source, collect, read_listing
from sv3d_engine.shared.errors import UserError

LIST = "# library, path, triangles, share, creator\nScopia\tscopia/{0}/{0}.obj\t12\t0.5\tAnna Ärmel\n"


def write_packages(folder: Path) -> tuple[Path, Path, Path]:
    """A list of half the furniture, a library of two pieces, and controllers, two of them alike and one measured."""
    listing = folder / "trainable.tsv"
    listing.write_text(LIST.format("chair"), encoding="utf-8")
    with zipfile.ZipFile(folder / "Scopia.sh3f", "w") as library:
        for name in ("chair", "bulldog"):
            library.writestr(f"scopia/{name}/{name}.obj", f"# {name}\n")
            library.writestr(f"scopia/{name}/{name}.mtl", "newmtl a\n")
        library.writestr("scopia/chair/table.obj", "# not of the list\n")
        library.writestr("scopia/chair/../../../outside.txt", "no")
    profiles = folder / "profiles"
    for profile, text in (("a-touch", "one"), ("b-touch", "one"), ("pico-4u", "two"), ("c-touch", "three")):
        (profiles / profile).mkdir(parents=True)
        (profiles / profile / "left.glb").write_text(text)
    return listing, folder, profiles


def test_only_what_may_be_trained_on_is_taken_and_once(tmp_path: Path) -> None:
    sources = collect(*write_packages(tmp_path), tmp_path / "out")
    assert [s.name for s in sources] == ["scopia/chair/chair.obj", "a-touch", "c-touch"]
    assert sorted(p.name for p in model_files(tmp_path / "out")) == ["chair.obj", "left.glb", "left.glb"]
    assert len(list((tmp_path / "out").rglob("chair.mtl"))) == 1
    assert not list(tmp_path.rglob("outside.txt"))


def test_every_object_is_credited(tmp_path: Path) -> None:
    collect(*write_packages(tmp_path), tmp_path / "out")
    told = (tmp_path / "out" / "SOURCES.md").read_text(encoding="utf-8")
    assert "Anna Ärmel | CC BY 3.0 |" in told
    assert "| c-touch |" in told and "MIT" in told


def test_an_object_is_held_out_by_its_name_alone(tmp_path: Path) -> None:
    sources = [Source("c", f"chair {i}", "", "") for i in range(400)]
    held_out = [s for s in sources if s.held_out]
    assert 10 < len(held_out) < 45
    for source in collect(*write_packages(tmp_path), tmp_path / "out"):
        folder = tmp_path / "out" / ("held-out" if source.held_out else "train")
        assert list(folder.rglob(f"*{Path(source.name).name}*"))


def test_the_command_says_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listing, furniture, profiles = write_packages(tmp_path)
    command = ["collect", "--list", str(listing), "--furniture", str(furniture), "--controllers", str(profiles)]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    assert "objects to train on" in capsys.readouterr().out
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_listing(tmp_path / "none.tsv")
    listing = tmp_path / "t.tsv"
    listing.write_text(LIST.format("chair"), encoding="utf-8")
    with pytest.raises(UserError, match=r"Scopia\.sh3f is not there"):
        collect(listing, tmp_path, None, tmp_path / "out")
    with pytest.raises(UserError, match="no object"):
        collect(listing, None, None, tmp_path / "out")
    with pytest.raises(UserError, match="--list"):
        collect(None, tmp_path, None, tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("Scopia\tscopia/sofa/sofa.obj\t1\t1\tAnna\n", r"Scopia\.sh3f has no scopia/sofa/sofa\.obj"),
        ("Trees\ta/a.obj\t1\t1\tAnna\n", "licence of the library Trees is not known"),
        ("KatorLegaz\ta/a.obj\t1\t1\tAnna\n", r"KatorLegaz\.sh3f is not there"),
        ("Reallusion\ta/a.obj\t1\t1\tAnna\n", r"Reallusion\.sh3f cannot be read"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_written(tmp_path: Path, more: str, said: str) -> None:
    listing, furniture, profiles = write_packages(tmp_path)
    with listing.open("a", encoding="utf-8") as stream:
        stream.write(more)
    (furniture / "Reallusion.sh3f").write_text("no zip")
    with pytest.raises(UserError, match=said):
        collect(listing, furniture, profiles, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_controllers_need_no_list(tmp_path: Path) -> None:
    _, _, profiles = write_packages(tmp_path)
    assert main(["collect", "--controllers", str(profiles), "--out", str(tmp_path / "out")]) == 0
    assert len(model_files(tmp_path / "out")) == 2
