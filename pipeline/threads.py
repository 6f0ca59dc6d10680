"""How many threads the models run in: all processors, or as many as OMP_NUM_THREADS says."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino


def openvino_core() -> "openvino.Core":
    """OpenVINO, in as many threads as OMP_NUM_THREADS says, which torch and numpy heed by themselves.

    Threads change the time that answers take, not their bits. As elsewhere, of "4,2" the first counts, and what is no
    number does not. Such threads are tied to no processor: OpenVINO would tie those of each process to the same ones.
    """
    import openvino

    core = openvino.Core()
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if asked.isdecimal():
        core.set_property("CPU", {"INFERENCE_NUM_THREADS": int(asked), "ENABLE_CPU_PINNING": False})
    return core
