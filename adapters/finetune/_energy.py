"""How much energy the processors took, as far as they count it themselves."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

RAPL = Path("/sys/class/powercap")


class EnergyMeter:
    """Adds up the counters of the processor packages (RAPL) and of the GPUs (NVML).

    The processor's counter begins anew every few minutes to hours, so it has to be read often: at each step.

    Parameters
    ----------
    before : float
        Joules of earlier processes of the same training.
    counters : Path
        Where Linux shows the processor's counters.

    Attributes
    ----------
    joules : float
        So far. Whatever else ran on these processors is in it; memory, disks and cooling are not.
    """

    def __init__(self, before: float = 0.0, counters: Path = RAPL) -> None:
        self.joules = before
        self._packages = [one for one in sorted(counters.glob("intel-rapl:*")) if one.name.count(":") == 1]
        self._gpus = _gpu_handles()
        self._last = self._read()

    def poll(self) -> None:
        """Add what was used since the last time."""
        now = self._read()
        for name, (value, span) in now.items():
            if name in self._last:
                used = value - self._last[name][0]
                self.joules += used if used >= 0 else used + span
        self._last = now

    def report(self) -> dict[str, Any]:
        """Return the estimate in watt-hours with what it covers; null, and why, where nothing could be read."""
        if not self._last:
            return {"energy_wh": None, "energy_source": "neither RAPL (readable by root only) nor NVML gives a counter"}
        return {"energy_wh": round(self.joules / 3600, 3), "energy_source": " + ".join(sorted(self._last))}

    def _read(self) -> dict[str, tuple[float, float]]:
        """Return each counter's joules, and after how many it begins anew."""
        found = {}
        for package in self._packages:
            try:
                value, span = (int((package / name).read_text()) for name in ("energy_uj", "max_energy_range_uj"))
            except (OSError, ValueError):
                continue
            found[f"RAPL {package.name.rpartition(':')[2]}"] = (value / 1e6, span / 1e6)
        for n, read in enumerate(self._gpus):
            found[f"NVML GPU {n}"] = (read(), 0.0)
        return found


def _gpu_handles() -> list[Any]:
    if find_spec("pynvml") is None:
        return []
    import pynvml

    readers = []
    try:
        pynvml.nvmlInit()
        for n in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(n)
            pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)  # older GPUs have no counter
            readers.append(lambda handle=handle: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000)
    except pynvml.NVMLError:
        return readers
    return readers
