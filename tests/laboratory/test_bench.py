import json

import pytest

from sv3d_engine.job import command_line


def test_bench_tells_what_was_measured_and_what_follows(capsys):
    assert command_line.main(["bench", "orbit", "--tiny"]) == 0
    rows = capsys.readouterr().out.splitlines()
    told = {row[:26].strip(): row.split()[-1] for row in rows[1:]}
    assert told["loading"] == told["decoding 21 frames"] == told["peak memory"] == "measured"
    assert told["orbit of 50 steps"] == "projected"
    assert told["peak in mode blocks"] == "predicted"


def test_bench_as_json(capsys):
    assert command_line.main(["bench", "orbit", "--tiny", "--json", "--memory", "apart", "--steps", "2"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["memory"], result["frame_size"], result["steps_measured"]) == ("apart", 64, 2)
    assert result["step_flop_per_s"] == pytest.approx(result["step_flop"] / result["step_s"])
    around = result["encoding_s"] + result["decoding_s"]
    assert result["orbit_s"]["20"] == pytest.approx(around + 20 * result["step_s"])


@pytest.mark.parametrize("wrong", [["--frame-size", "100"], ["--steps", "0"]])
def test_what_cannot_be_measured_is_refused(wrong, capsys):
    assert command_line.main(["bench", "orbit", "--tiny", *wrong]) == 2
    assert "multiple of 64" in capsys.readouterr().err
