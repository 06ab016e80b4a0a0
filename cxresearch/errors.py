"""The errors and warnings of `cxresearch`; each is a `ValueError` or a `UserWarning`, so plain handlers work."""


class CodebookError(ValueError):
    """The codebook asks for something impossible or misspelt; the message names the entry and the choices."""


class ScaleError(ValueError):
    """Scales were converted, pooled or compared in a way that would change what the answers mean."""


class SurveyError(ValueError):
    """The answers do not fit the codebook; the message lists every problem by column with row counts."""


class DesignError(ValueError):
    """The survey design (weights, strata, clusters) cannot be honoured by what was asked."""


class ClaimError(ValueError):
    """The registry of claims does not fit its schema; the message lists every problem by line and field."""


class WorldError(ValueError):
    """No customers can be like this; the message names what of the world is impossible."""


class DataUnavailableError(FileNotFoundError, ValueError):
    """An open data set could not be found; the message says where it was looked for and how to get it."""


class SmallSampleWarning(UserWarning):
    """An interval rests on too few answers for its approximation."""
