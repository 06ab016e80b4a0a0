"""Statistics for customer-experience surveys: which score predicts loyalty, and how sure that is.

Read answers with their codebook (`read`), score them (`score`), ask which metric predicts an outcome better
(`compare`), what drives an outcome (`drivers`), how well an index holds together (`reliability`).
Every result is a frozen dataclass with tidy tables at full precision, an interval on every number,
and notes on what was left out.

Names are loaded when first used: `import cxresearch` itself loads neither pandas nor SciPy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxresearch import claims as claims
    from cxresearch import course as course
    from cxresearch import datasets as datasets
    from cxresearch import kpi as kpi
    from cxresearch import power as power
    from cxresearch import studies as studies
    from cxresearch import worlds as worlds
    from cxresearch.comparison import Comparison as Comparison
    from cxresearch.comparison import compare as compare
    from cxresearch.errors import ClaimError as ClaimError
    from cxresearch.errors import CodebookError as CodebookError
    from cxresearch.errors import DataUnavailableError as DataUnavailableError
    from cxresearch.errors import DesignError as DesignError
    from cxresearch.errors import ScaleError as ScaleError
    from cxresearch.errors import SmallSampleWarning as SmallSampleWarning
    from cxresearch.errors import SurveyError as SurveyError
    from cxresearch.errors import WorldError as WorldError
    from cxresearch.explanation import Drivers as Drivers
    from cxresearch.explanation import drivers as drivers
    from cxresearch.quality import Reliability as Reliability
    from cxresearch.quality import reliability as reliability
    from cxresearch.scenarios import DoseResponse as DoseResponse
    from cxresearch.scenarios import WhatIf as WhatIf
    from cxresearch.scores import Scores as Scores
    from cxresearch.scores import score as score
    from cxresearch.survey.checks import Problem as Problem
    from cxresearch.survey.codebook import Codebook as Codebook
    from cxresearch.survey.codebook import Question as Question
    from cxresearch.survey.contacts import Contacts as Contacts
    from cxresearch.survey.contacts import Joined as Joined
    from cxresearch.survey.contacts import read_contacts as read_contacts
    from cxresearch.survey.scales import INSTRUMENTS as INSTRUMENTS
    from cxresearch.survey.scales import Box as Box
    from cxresearch.survey.scales import Instrument as Instrument
    from cxresearch.survey.scales import Mean as Mean
    from cxresearch.survey.scales import Net as Net
    from cxresearch.survey.scales import Scale as Scale
    from cxresearch.survey.scales import Share as Share
    from cxresearch.survey.survey import Survey as Survey
    from cxresearch.survey.survey import check as check
    from cxresearch.survey.survey import read as read

__version__ = "0.1.0"

_HOMES = {
    "cxresearch.comparison": ("Comparison", "compare"),
    "cxresearch.errors": (
        "ClaimError", "CodebookError", "DataUnavailableError", "DesignError", "ScaleError", "SmallSampleWarning",
        "SurveyError", "WorldError",
    ),
    "cxresearch.explanation": ("Drivers", "drivers"),
    "cxresearch.quality": ("Reliability", "reliability"),
    "cxresearch.scenarios": ("DoseResponse", "WhatIf"),
    "cxresearch.scores": ("Scores", "score"),
    "cxresearch.survey.checks": ("Problem",),
    "cxresearch.survey.codebook": ("Codebook", "Question"),
    "cxresearch.survey.contacts": ("Contacts", "Joined", "read_contacts"),
    "cxresearch.survey.scales": ("INSTRUMENTS", "Box", "Instrument", "Mean", "Net", "Scale", "Share"),
    "cxresearch.survey.survey": ("Survey", "check", "read"),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("claims", "course", "datasets", "kpi", "power", "studies", "worlds")
__all__ = sorted([*_HOME, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"cxresearch.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'cxresearch' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the function, also where a module of the same name was loaded on the way
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
