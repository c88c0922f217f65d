"""How good the results are: measures, and the runs that the project's tables come from."""

from ..threads import yield_when_idle

yield_when_idle()
