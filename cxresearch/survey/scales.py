"""Scales, scorers, and the known instruments: the forms in which a metric is commonly asked and scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cxresearch.survey._scale import Scale, same_direction
from cxresearch.survey.scorers import Box, Mean, Net, Scorer, Share

__all__ = ["INSTRUMENTS", "Box", "Instrument", "Mean", "Net", "Scale", "Scorer", "Share", "same_direction"]


@dataclass(frozen=True)
class Instrument:
    """A metric's known form.

    Attributes
    ----------
    name, title : str
        Short name used in codebooks, and the name people know.
    scale : Scale
        Answers and direction.
    scorers : tuple of Scorer
        How it is scored; the first is the official one.
    source : str
        Who published the form.
    """

    name: str
    title: str
    scale: Scale
    scorers: tuple[Scorer, ...]
    source: str


_KNOWN = (
    Instrument(
        "nps", "Net Promoter Score", Scale(0, 10), (Net(9, 6), Mean(), Box(2)),
        "Reichheld (2003), Harvard Business Review 81(12)",
    ),
    Instrument(
        "nps10", "Net Promoter Score asked on 1-10", Scale(1, 10), (Net(9, 6), Mean(), Box(2)),
        "the 1-10 form used in France: promoters 9-10, detractors 1-6",
    ),
    Instrument(
        "ces1", "Customer Effort Score 1.0 (effort)", Scale(1, 5, good="low"), (Mean(), Box(2), Net(2, 4)),
        "Dixon, Freeman and Toman (2010), Harvard Business Review 88(7/8)",
    ),
    Instrument(
        "ces2", "Customer Effort Score 2.0 (made it easy)", Scale(1, 7),
        (Share(at_least=5), Net(5, 3), Mean()),
        "Dixon, Toman and DeLisi (2013), The Effortless Experience",
    ),
    Instrument("csat5", "Customer satisfaction, 1-5", Scale(1, 5), (Box(2), Mean(), Net(4, 2)), "common use"),
    Instrument("csat7", "Customer satisfaction, 1-7", Scale(1, 7), (Box(2), Mean(), Net(6, 2)), "common use"),
    Instrument("csat10", "Customer satisfaction, 1-10", Scale(1, 10), (Box(2), Box(3), Mean()), "common use"),
    Instrument("stars5", "Stars, 1-5", Scale(1, 5), (Mean(), Box(1), Box(2)), "common use"),
    Instrument("stars0", "Stars, 0-5", Scale(0, 5), (Mean(), Box(1), Box(2)), "common use"),
    Instrument(
        "ves", "Value Enhancement Score (two items, 1-7)", Scale(1, 7), (Mean(), Share(at_least=5), Box(2)),
        "Gartner (2021): the mean agreement with two statements on value after a service contact",
    ),
    Instrument("agree5", "Agreement, 1-5", Scale(1, 5), (Mean(), Box(2)), "common use"),
    Instrument("agree7", "Agreement, 1-7", Scale(1, 7), (Mean(), Box(2)), "common use"),
    Instrument(
        "servqual", "SERVQUAL perception items, 1-7", Scale(1, 7), (Mean(), Box(2)),
        "Parasuraman, Zeithaml and Berry (1988), Journal of Retailing 64(1)",
    ),
)  # fmt: skip

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType({known.name: known for known in _KNOWN})
"""The known instruments by name."""
