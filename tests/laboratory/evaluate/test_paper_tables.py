from sv3d_engine.laboratory.evaluate.mesh_tables import Figures, agreement_table, pictures_table
from sv3d_engine.laboratory.evaluate.paper_tables import Line, meshes_table, views_table


def test_the_papers_rows_stand_below_ours_and_say_so() -> None:
    text = views_table("static", [Line("SV3D-mini", "12 objects", {"psnr": 16.4, "mse": 0.0236})])
    rows = text.splitlines()
    assert rows[0] == "| method | objects | LPIPS ↓ | PSNR ↑ | SSIM ↑ | CLIP-S ↑ | MSE ↓ |"
    assert rows[2] == "| SV3D-mini | 12 objects |  | 16.40 |  |  | 0.0236 |"
    assert "| paper: SV3D_p | GSO | 0.080 | 21.26 | 0.880 | 0.890 | 0.0200 |" in rows
    assert "other objects" in text


def test_what_only_our_model_has_gets_a_column_that_the_paper_leaves_empty() -> None:
    text = views_table("dynamic", [Line("SV3D-mini", "spot", {"psnr": 16.4, "own_tower": 0.9})])
    assert "own tower ↑" in text and "| paper: SV3D_p | GSO | 0.090 | 20.38 | 0.870 | 0.870 |  | 0.0200 |" in text


def mesh(name: str, **more: float) -> Figures:
    flat = {"chamfer": 0.01, "volume_iou": 0.9, "aligned_chamfer": 0.008, "aligned_volume_iou": 0.95, "flat_psnr": 20.0}
    return Figures(name, {0: flat | more})


def test_meshes_are_shown_flat_and_where_the_truth_is_lit() -> None:
    objects = [mesh("spot", lit_psnr=25.0, lit_mse=0.01), mesh("drill")]
    text = meshes_table(objects, "this project, draft", "4 of 512²")
    assert "| this project, draft, base colour | 2 objects | 0.0100 | 0.900 |  | 20.00 |  |  |" in text
    assert "| this project, draft, in its recovered light | spot | 0.0100 | 0.900 |  | 25.00 |  | 0.0100 |" in text
    assert "| this project, draft, moved and scaled onto the truth | 2 objects | 0.0080 | 0.950 |" in text
    assert "| paper: SV3D_p | 50 of GSO | 0.0240 | 0.614 | 0.119 | 17.40 |  |  |" in text
    assert meshes_table([], "this project", "") == ""
    assert "whole views of neither orbit over white, 4 of 512²;" in text
    assert "| mean | 0.0100 | 20.0 | 25.0 | 0.0100 |" in pictures_table(objects)


def test_the_largest_difference_from_the_benchmarks_figures_is_told() -> None:
    text = agreement_table([("spot", {"a": 1.0, "b": 2.0}, {"a": 1.001}), ("drill", {"a": 2.0}, {"a": 2.0, "c": 1.0})])
    assert text.splitlines()[2:] == ["| a | 1.0e-03 | spot |"]
    assert agreement_table([("spot", {"a": 1.0}, {})]) == ""
