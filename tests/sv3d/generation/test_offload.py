"""Blocks that are streamed: the right weights at the right time, on a stand-in for a graphics card."""

from collections import Counter
from contextlib import contextmanager

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from sv3d_engine.sv3d.generation import offload
from sv3d_engine.sv3d.generation.offload import streamed, units
from sv3d_engine.sv3d.generation.placement import use_channels_last
from tests.sv3d.generation.small_model import CPU, model

PASSES = 3  # the first one learns the order


@pytest.fixture(scope="module")
def unet():
    return model().unet


@torch.no_grad()
def asked(unet):
    random = torch.Generator().manual_seed(0)
    shapes = (1, 2, 8, 8, 8), (1, 1, 64), (1, 2, 1280)
    sample, token, vector = (torch.randn(shape, generator=random) for shape in shapes)
    return unet(sample, torch.tensor([0.3]), token, vector)


@contextmanager
def before_each(unet, look):
    """Call ``look`` with every block that is about to compute."""
    handles = [block.register_forward_pre_hook(lambda block, _: look(block)) for block in units(unet)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class Late(offload._Copies):
    """A card whose copies come at the last moment: a slot is spoilt until its copy has been waited for."""

    def __init__(self, device):
        self.under_way = []

    def copy(self, home, slot):
        slot.fill_(torch.nan)
        self.under_way.append((home, slot))

    def wait(self):
        for home, slot in self.under_way:
            slot[: len(home)] = home
        self.under_way.clear()


def test_no_block_computes_with_weights_that_have_not_come(unet, monkeypatch):
    expected = asked(unet)
    monkeypatch.setattr(offload, "_copies_for", Late)
    with streamed(unet, CPU):
        for _ in range(PASSES):
            assert torch.allclose(asked(unet), expected, atol=1e-5)


class Stream:
    """A CUDA stream as order alone: how far each stream has come, as far as this one knows from waiting."""

    def __init__(self, device=None):
        self.seen = Counter()

    def does(self):
        """Something that is now asked of this stream."""
        self.seen[self] += 1
        return self, self.seen[self]

    def wait_stream(self, other):
        self.seen |= other.seen

    def has_waited_for(self, done):
        stream, count = done
        return self.seen[stream] >= count


class Card(TorchDispatchMode):
    """CUDA's streams and page-locked memory, on the CPU.

    Finds a slot that is read before its copy has come for certain, or overwritten while it may still be read.
    """

    def __init__(self, refuses=0):
        super().__init__()
        self.main = self.active = Stream()
        self.written, self.read = {}, {}  # by a slot's address: the last copy, and who has read since
        self.races, self.ahead, self.told = [], [], []
        self.cudaHostRegister = lambda pointer, size, flags: self.told.append(("lock", pointer, size)) or refuses
        self.cudaHostUnregister = lambda pointer: self.told.append(("unlock", pointer)) or 0

    def put_in_place(self, monkeypatch):
        cuda = {
            "Stream": Stream,
            "current_stream": lambda device: self.active,
            "stream": self.on,
            "synchronize": lambda device: self.told.append(("synchronize",)),
            "cudart": lambda: self,
        }
        for name, stand_in in cuda.items():
            monkeypatch.setattr(torch.cuda, name, stand_in)
        monkeypatch.setattr(offload, "_copies_for", offload._CudaCopies)
        monkeypatch.setattr(offload, "_locked", offload._page_locked)

    @contextmanager
    def on(self, stream):
        self.active, before = stream, self.active
        yield
        self.active = before

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is torch.ops.aten.copy_.default:
            assert args[2], "the processor does not wait for copies"
            self.copied(args[0].untyped_storage().data_ptr())
        return function(*args, **(kwargs or {}))

    def copied(self, slot):
        self.written[slot] = self.active.does()
        self.races += [slot for done in self.read.pop(slot, ()) if not self.active.has_waited_for(done)]

    def computes(self, block):
        slot = next(block.parameters()).untyped_storage().data_ptr()
        if not self.main.has_waited_for(self.written[slot]):
            self.races.append(slot)
        self.read.setdefault(slot, []).append(self.main.does())
        self.ahead.append(any(not self.main.has_waited_for(done) for done in self.written.values()))


@pytest.fixture
def card(monkeypatch):
    made = Card()
    made.put_in_place(monkeypatch)
    return made


def test_copies_run_beside_the_computation_and_never_into_what_is_in_use(unet, card):
    expected = asked(unet)
    with streamed(unet, CPU), before_each(unet, card.computes), card:
        for _ in range(PASSES):
            assert torch.allclose(asked(unet), expected, atol=1e-5)
    assert card.races == []
    assert len(card.written) == 2
    count = len(units(unet))
    assert card.ahead == [False] * count + [True] * (PASSES - 1) * count


def test_all_blocks_lie_in_one_piece_of_locked_memory_until_nothing_is_under_way(unet, card):
    with streamed(unet, CPU):
        storages = [p.untyped_storage() for block in units(unet) for p in block.parameters()]
        homes = {storage.data_ptr(): storage.nbytes() for storage in storages}
        assert card.told == [("lock", *home) for home in homes.items()]
        assert len(homes) == 1
        card.told.clear()
    assert card.told == [("synchronize",), ("unlock", *homes)]


def test_the_next_use_finds_the_weights_packed(unet, card):
    expected = asked(unet)
    homes = set()
    for _ in range(2):
        card.told.clear()
        with streamed(unet, CPU):
            homes |= {p.untyped_storage().data_ptr() for block in units(unet) for p in block.parameters()}
            assert torch.allclose(asked(unet), expected, atol=1e-5)
        assert [told[:2] for told in card.told] == [("lock", *homes), ("synchronize",), ("unlock", *homes)]


def test_weights_that_were_moved_meanwhile_are_packed_anew():
    made = model().unet
    with streamed(made, CPU):
        pass
    moved = next(units(made)[-1].parameters())
    with torch.no_grad():
        moved.data = moved.data * 2  # in memory of its own
    expected = asked(made)
    with streamed(made, CPU):
        assert len({p.untyped_storage().data_ptr() for block in units(made) for p in block.parameters()}) == 1
        assert torch.allclose(asked(made), expected, atol=1e-5)


def test_memory_that_the_system_does_not_lock_will_do(unet, monkeypatch):
    """The card's refusal is told once more at the next kernel, which must not look like a fault of the network's."""
    card, expected, ones = Card(refuses=2), asked(unet), torch.ones
    card.put_in_place(monkeypatch)

    def refused(*shape, **options):
        monkeypatch.setattr(torch, "ones", ones)
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(torch, "ones", refused)
    with streamed(unet, CPU):
        assert torch.ones is ones
        assert torch.allclose(asked(unet), expected, atol=1e-5)
    assert [told[0] for told in card.told] == ["lock", "synchronize"]


def test_weights_begin_at_multiples_of_128_bytes_in_ram_and_on_the_device(unet):
    places = set()

    def look(block):
        for p in block.parameters():
            places.add(p.untyped_storage().data_ptr())
            assert p.storage_offset() * p.element_size() % 128 == 0
            assert p.is_contiguous()

    with streamed(unet, CPU), before_each(unet, look):
        for block in units(unet):
            look(block)
        asked(unet)
    assert len(places) == 3  # RAM and two slots


def test_the_layout_of_convolutions_for_cards_is_kept():
    made = model()
    use_channels_last(made, torch.device("cuda"))
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    weights = [p for block in units(made.unet) for p in block.parameters() if p.ndim in formats]
    assert {p.ndim for p in weights} == set(formats)
    with streamed(made.unet, CPU):
        assert all(p.is_contiguous(memory_format=formats[p.ndim]) for p in weights)


def test_a_failure_on_the_way_in_unlocks_the_memory(unet, card, monkeypatch):
    def full(*_, **__):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(torch, "empty_like", full)
    with pytest.raises(torch.cuda.OutOfMemoryError), streamed(unet, CPU):
        pass
    assert [told[0] for told in card.told] == ["lock", "unlock"]
