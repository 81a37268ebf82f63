"""Where networks run, and in which precision."""

from __future__ import annotations

from unittest import mock

import pytest
import torch

from stylesim.backbones.devices import half_is_fast


@pytest.mark.parametrize(
    ("told", "fast"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_bf16": False}, False)],
)
def test_half_precision_is_for_processors_that_have_it(told: dict[str, bool], fast: bool) -> None:
    with mock.patch.object(torch.cpu, "get_capabilities", return_value=told, create=True):
        assert half_is_fast("cpu") is fast
        assert half_is_fast("cuda") is False


def test_an_older_torch_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert half_is_fast("cpu") is False
