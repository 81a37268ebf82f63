"""Where networks run, and in which precision."""

from __future__ import annotations

from stylesim.errors import expected


def pick_device(device: str) -> str:
    """Return a device that is there: CUDA, else MPS, else the CPU for ``"auto"``.

    Raises:
        InvalidArgumentError: There is no such device here.
    """
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(1, device=device).item()  # "meta" has nothing to read
    except (RuntimeError, AssertionError, TypeError, ValueError) as error:
        wish, todo = "a device of this machine", "pass 'auto' or 'cpu'"
        raise expected("device", wish, device, todo) from error
    # A processor by any number is the same one.
    return "cpu" if torch.device(device).type == "cpu" else device


def half_is_fast(place: str) -> bool:
    """Whether a device is a processor that multiplies bfloat16 itself, which saves time."""
    import torch

    told: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return place == "cpu" and bool(told.get("avx512_bf16") or told.get("amx_bf16"))
