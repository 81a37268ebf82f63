"""Backbones: what turns pictures into vectors of unit length."""

from stylesim.backbones.base import AbstractBackbone
from stylesim.backbones.function import FunctionBackbone
from stylesim.backbones.storing import save_backbone
from stylesim.backbones.yolo import YoloBackbone

__all__ = ["AbstractBackbone", "FunctionBackbone", "YoloBackbone", "save_backbone"]
