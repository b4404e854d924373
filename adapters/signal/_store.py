"""The ECGs of a training or an evaluation, opened once as long as there is room."""

from __future__ import annotations

from collections.abc import Iterable

from ecg_bench.adapters.signal._arrays import Traces, traces_of
from ecg_bench.ecg.media import SYNTHETIC, open_media
from ecg_bench.samples import Media

ROOM = 2 * 2**30  # bytes
TOGETHER = 500  # synthetic ECGs that are made at once


class Store:
    """Opens ECGs as an encoder takes them.

    Parameters
    ----------
    hertz : float
        The encoder's sampling rate.
    room : int
        Bytes of ECGs that are kept; others are opened whenever they are asked for.
    """

    def __init__(self, hertz: float, room: int = ROOM) -> None:
        self.hertz = hertz
        self._room = room
        self._kept: dict[Media, Traces] = {}

    def get(self, media: Media) -> Traces:
        """Return an ECG.

        Raises
        ------
        UserError
            If it can't be read, or holds nothing that an encoder could look at.
        """
        found = self._kept.get(media)
        return self._keep(media, traces_of(open_media(media), self.hertz)) if found is None else found

    def make(self, media: Iterable[Media]) -> None:
        """Make synthetic ECGs beforehand, which is several times faster for many at once."""
        from ecg_bench.ecg.synthesis import read_spec, simulate_many

        wanted = [
            one
            for one in dict.fromkeys(media)
            if one.path.startswith(SYNTHETIC) and not one.disturbance and one not in self._kept
        ]
        for n in range(0, len(wanted), TOGETHER):
            part = wanted[n : n + TOGETHER]
            for one, ecg in zip(
                part, simulate_many([read_spec(one.path.removeprefix(SYNTHETIC)) for one in part]), strict=True
            ):
                self._keep(one, traces_of(ecg, self.hertz))

    def _keep(self, media: Media, traces: Traces) -> Traces:
        if self._room >= traces.values.nbytes:
            self._room -= traces.values.nbytes
            self._kept[media] = traces
        return traces
