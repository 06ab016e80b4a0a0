"""Named worlds."""

from __future__ import annotations
from cxresearch._world import World
from cxresearch._world_model import Behaviour, Culture, Friction, Item, thresholds

CES = thresholds((0.03, 0.04, 0.06, 0.10, 0.20, 0.30, 0.27))
CSAT = thresholds((0.03, 0.05, 0.14, 0.43, 0.35))
NPS = thresholds((0.02, 0.01, 0.02, 0.02, 0.03, 0.07, 0.07, 0.13, 0.20, 0.16, 0.27))
REPURCHASE = thresholds((0.04, 0.04, 0.06, 0.12, 0.19, 0.27, 0.28))


def items(reliability=(0.8, 0.8, 0.8, 0.8)):
    return (
        Item("ces", "ease", "ces2", CES, reliability[0]),
        Item("csat", "satisfaction", "csat5", CSAT, reliability[1]),
        Item("nps", "attitude", "nps", NPS, reliability[2]),
        Item("repurchase", "loyalty", "agree7", REPURCHASE, reliability[3]),
    )


def tie() -> World:
    return World("Tie", "x", items(), (0.3, 0.3, 0.3))
