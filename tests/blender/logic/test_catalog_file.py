"""The catalog SV3D beside a .blend file."""

import pytest
from sv3d.sv3d_blender.use.catalog_file import CATALOG, FILE, add_catalog

LINE = f"{CATALOG}:SV3D:SV3D"
OTHER = "VERSION 1\n\n11111111-2222-3333-4444-555555555555:Chairs:Chairs\n"


def test_a_folder_without_catalogs_gets_its_first(tmp_path):
    file = add_catalog(tmp_path / "scene.blend")
    assert file == tmp_path / FILE
    lines = file.read_text(encoding="utf-8").splitlines()
    assert "VERSION 1" in lines
    assert LINE in lines
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_what_is_there_stays_and_twice_is_once(tmp_path):
    (tmp_path / FILE).write_text(OTHER, encoding="utf-8")
    add_catalog(tmp_path / "scene.blend")
    first = (tmp_path / FILE).read_text(encoding="utf-8")
    assert first.startswith(OTHER.rstrip())
    add_catalog(tmp_path / "scene.blend")
    assert (tmp_path / FILE).read_text(encoding="utf-8") == first
    assert first.count(LINE) == 1


def test_catalogs_of_a_folder_above_are_the_ones(tmp_path):
    (tmp_path / FILE).write_text(OTHER, encoding="utf-8")
    deep = tmp_path / "props" / "cups"
    deep.mkdir(parents=True)
    assert add_catalog(deep / "cup.blend") == tmp_path / FILE
    assert not any(deep.iterdir())


def test_a_library_that_holds_the_file_has_them_and_none_above_it(tmp_path):
    (tmp_path / FILE).write_text(OTHER, encoding="utf-8")
    library = tmp_path / "library"
    (library / "cups").mkdir(parents=True)
    assert add_catalog(library / "cups" / "cup.blend", [tmp_path / "elsewhere", library]) == library / FILE
    assert (tmp_path / FILE).read_text(encoding="utf-8") == OTHER


def test_a_file_that_is_no_text_is_left_alone(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="codec"):
        add_catalog(tmp_path / "scene.blend")
    assert (tmp_path / FILE).read_bytes() == b"\xff\xfe\x00"
