"""Where networks run, and in which precision."""

from __future__ import annotations

from stylesim.errors import expected


def pick_device(device: str) -> str:
    """Return a device that is there: CUDA, else MPS, else the CPU for ``"auto"``.

    The same device has the same name, with its number, however it is asked for.

    Raises:
        InvalidArgumentError: There is no such device here.
    """
    import torch

    name = device
    if device == "auto":
        other = "mps" if torch.backends.mps.is_available() else "cpu"
        name = "cuda" if torch.cuda.is_available() else other
    try:
        there = torch.empty(1, device=name)
        there.item()  # "meta" has nothing to read
    except (RuntimeError, AssertionError, TypeError, ValueError) as error:
        wish, todo = "a device of this machine", "pass 'auto' or 'cpu'"
        raise expected("device", wish, device, todo) from error
    # A processor by any number is the same one.
    return "cpu" if there.device.type == "cpu" else str(there.device)


def half_is_fast(place: str) -> bool:
    """Whether a device is a processor that multiplies bfloat16 itself, which saves time."""
    import torch

    told: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return place == "cpu" and bool(told.get("avx512_bf16") or told.get("amx_bf16"))
