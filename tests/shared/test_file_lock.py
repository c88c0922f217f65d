"""A lock that one has and others find taken, and that nobody keeps."""

from sv3d_engine.shared.file_lock import held


def test_the_second_finds_it_taken_and_the_third_finds_it_free(tmp_path):
    path = tmp_path / "lock"
    with held(path) as first:
        with held(path) as second:
            assert (first, second) == (True, False)
        assert path.exists()
    assert not path.exists()
    with held(path) as third:
        assert third
