"""The door: scales, codebook, answers in, cells out. It counts, and knows no other statistics."""

from cxresearch.survey.cells import Cells, merge
from cxresearch.survey.checks import Problem
from cxresearch.survey.codebook import Codebook, Question
from cxresearch.survey.scales import INSTRUMENTS, Instrument, Scale, same_direction
from cxresearch.survey.scorers import Box, Mean, Net, Scorer, Share
from cxresearch.survey.survey import Survey, check, read

__all__ = [
    "INSTRUMENTS",
    "Box",
    "Cells",
    "Codebook",
    "Instrument",
    "Mean",
    "Net",
    "Problem",
    "Question",
    "Scale",
    "Scorer",
    "Share",
    "Survey",
    "check",
    "merge",
    "read",
    "same_direction",
]
