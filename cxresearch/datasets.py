"""Data sets: find, check, describe. Each loader's docstring is the codebook of its data.

A file is looked for in ``$CXRESEARCH_DATA/<folder>/``, in ``$CXRESEARCH_DATA/``, then in the user's cache.
Only when nothing is there and you say ``download=True`` is the publisher asked, where an address is known.
Its sha256 must be the one in the table: a different file would give different numbers under the same name.
The simulated contact survey travels with the package.

>>> from cxresearch import datasets
>>> datasets.load_contact_survey().shape
(2000, 13)
>>> datasets.SOURCES["sfo_2017"].licence
'public domain (DataSF: Open Data Commons PDDL)'
"""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from cxresearch._datafiles import bundled, cache, codebook, codebooks, find, locate
from cxresearch._sources import SOURCES, Source

__all__ = [
    "SOURCES",
    "Source",
    "bundled",
    "cache",
    "codebook",
    "codebooks",
    "describe",
    "find",
    "load_contact_survey",
    "load_csibank",
    "load_ecsi_mobile",
    "load_hcahps",
    "load_iran_churn",
    "load_mobile_reputation",
    "load_satisfaction_retention_meta",
    "load_servicenow",
    "load_sfo",
    "load_spanish_bank",
    "load_yellow_pages",
    "locate",
]


def describe() -> pd.DataFrame:
    """Return the table of data sets: name, title, rows, licence, and whether each is on this machine.

    Examples
    --------
    >>> describe().columns.to_list()
    ['name', 'title', 'rows', 'licence', 'found']
    """
    rows = [(s.name, s.title, s.rows, s.licence, find(s.name) is not None) for s in SOURCES.values()]
    return pd.DataFrame(rows, columns=["name", "title", "rows", "licence", "found"])


def _read(name: str, *, download: bool = False, **options: Any) -> pd.DataFrame:
    """Read a CSV as published; only white space around the headers is removed."""
    path = locate(name, download=download)
    frame = pd.read_csv(path, encoding="utf-8", low_memory=False, **options)
    return frame.rename(columns=lambda column: " ".join(str(column).split()))


def load_contact_survey() -> pd.DataFrame:
    """Contact survey, SIMULATED: 2,000 rows, one per customer of a world whose truth is known.

    Nobody answered it: it shows how a method behaves and is evidence for nothing. Blank = no answer (NaN).

    ============================================ =====================================================
    customer_id                                  1 to 2,000
    ces                                          "made it easy", 1 disagree to 7 agree, high is good
    csat                                         satisfaction, 1 to 5, high is good
    nps                                          would recommend, 0 to 10, high is good
    repurchase                                   would buy again, 1 to 7, high is good
    renewed                                      a year later: 1 renewed, 0 left
    transfers, repeats, channel_switches         counts; each makes the contact harder
    complexity                                   of the issue, 1 simple to 5 hard: the confounder
    segment                                      consumer, business (oversampled)
    channel                                      phone, chat, email; changes nothing in this world
    weight                                       1.6 consumer, 0.4 business
    ============================================ =====================================================

    Returns
    -------
    DataFrame
        2,000 rows, 13 columns. Codebook: ``codebook("contact_survey")``.

    Notes
    -----
    Truth: satisfaction and recommendation predict loyalty equally well (latent correlation .52), effort a
    little less (.45). Everything else that is true of it stands in ``data/README.md`` and in the script
    that draws it.

    Examples
    --------
    >>> survey = load_contact_survey()
    >>> int(survey["ces"].isna().sum())
    51
    """
    return _read("contact_survey")


def load_sfo(wave: Literal[2017, 2018] = 2017, *, download: bool = False) -> pd.DataFrame:
    """San Francisco airport customer survey: real, one row per departing passenger interviewed at the gate.

    The one open set in which effort, satisfaction and recommendation were answered by the same person, in two
    independent waves.

    ============================= ==========================================================================
    NETPRO                        would recommend the airport, 0 to 10; **11 = blank**
    Q7ALL                         the airport as a whole, 1 unacceptable to 5 outstanding; "Blank",
                                  "BLANK" or 0 = blank, 6 = not applicable
    Q14FIND                       finding your way, 1 difficult to 5 easy; 0 = blank, 6 = don't know
    Q14PASSTHRU                   security and screening, as above
    Q13GETRATE                    getting to the airport, as above
    Q9ALL (2018: Q9All)           cleanliness, 1 to 5; 0 and 6 as above
    Q10SAFE (2018: Q10Safe)       safety, 1 to 5; 0 and 6 as above
    Q7ART ... Q7RENTAL            14 services (named in the codebook), 1 unacceptable to 5 outstanding;
                                  0 = blank, 6 = never used
    Q15PROBLEM                    met a problem: 1 yes, 2 no, 3 don't know, 0 = blank
    Q5TIMESFLOWN                  flights in the past 12 months, 1 once to 6 more than 24; 0 = blank
    METHOD (2018: METH)           1 at the gate, 2 by mail, 3 online
    RUNID                         the flight whose passengers were interviewed together: the cluster
    WEIGHT                        survey weight, mean 1
    Q19AGE, Q20GENDER, Q21INCOME  (2018: Q20Age, Q21Gender, Q22Income) codes; 0 = blank
    ============================= ==========================================================================

    Parameters
    ----------
    wave : {2017, 2018}
        Year of the survey.
    download : bool
        Ask the publisher if the file is not on this machine (an address is known for 2017 only).

    Returns
    -------
    DataFrame
        2,831 rows and 97 columns (2017) or 2,809 and 96 (2018), as published but for two things: spaces
        around the headers are removed (2018 has ``"NETPRO  "``), and 12 passengers of two flights in 2018
        whose ``RUNID`` is blank get one new number for each flight, so that clusters are complete.
        Codebooks: ``codebook("sfo_2017")``, ``codebook("sfo_2018")``.

    Raises
    ------
    DataUnavailableError
        If the file cannot be had.

    Notes
    -----
    Source: San Francisco International Airport, DataSF. Licence: public domain (PDDL). Recommending an
    airport is a weak act of loyalty where few can choose another; one questionnaire inflates every
    correlation between its answers; the ease items are not worded as CES 2.0.

    Examples
    --------
    >>> float(load_sfo(2017)["NETPRO"].max())
    11.0
    """
    if wave not in (2017, 2018):
        raise ValueError(f"`wave` must be 2017 or 2018; got {wave!r}.")
    # the publisher's own 2018 file has one column more: verbatim answers
    frame = _read(f"sfo_{wave}", download=download).drop(columns="Q15A", errors="ignore")
    return _complete_runs(frame) if wave == 2018 else frame


def _complete_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """Give passengers without a run number one number for each flight, above the numbers in use."""
    flights = frame[frame["RUNID"].isna()].groupby(["INTDATE", "AIRLINE", "FLIGHT"]).ngroup()
    return frame.assign(RUNID=frame["RUNID"].fillna(flights + frame["RUNID"].max() + 1).astype("int64"))


def load_ecsi_mobile(*, download: bool = False) -> pd.DataFrame:
    """ECSI mobile phone survey (`mobi`): real, 250 rows, one per customer of a mobile provider.

    All 24 items 1 (low) to 10 (high), complete. ``CUSA1`` overall satisfaction, ``CUSA2`` expectations
    fulfilled, ``CUSA3`` against the ideal; ``CUSL1`` would choose the provider again, ``CUSL2`` price
    tolerance (weak), ``CUSL3`` would recommend; ``PERQ1-7`` quality, ``PERV1-2`` value, ``CUSCO`` complaint
    handling, ``CUEX1-3`` expectations, ``IMAG1-5`` image.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to make the file.

    Returns
    -------
    DataFrame
        250 rows, 24 columns. Codebook: ``codebook("ecsi_mobile")``.

    Notes
    -----
    Source: Tenenhaus et al. (2005). Licence: GPL. Country and sampling are not documented; no effort item;
    recommendation is on 1-10, not 0-10.

    Examples
    --------
    >>> load_ecsi_mobile().shape
    (250, 24)
    """
    return _read("ecsi_mobile", download=download)


def load_spanish_bank(*, download: bool = False) -> pd.DataFrame:
    """Spanish credit institution (`satisfaction`): real, 250 rows, one per customer.

    Items 0 to 10, high is good, complete. ``sat1-4`` satisfaction (overall, expectations, against other
    banks, against the ideal); ``loy1`` choose the bank again, ``loy2`` switching (keying not documented),
    ``loy3`` recommend, ``loy4`` sense of loyalty; ``imag1-5``, ``expe1-5``, ``qual1-5``, ``val1-4``;
    ``gender`` male, female. Which item is which follows the order of the topics in the package's help page.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to make the file.

    Returns
    -------
    DataFrame
        250 rows, 28 columns. Codebook: ``codebook("spanish_bank")``.

    Notes
    -----
    Source: R package plspm. Licence: GPL. 20 of its rows recur in `load_csibank`: never pool the two.

    Examples
    --------
    >>> load_spanish_bank().shape
    (250, 28)
    """
    return _read("spanish_bank", download=download)


def load_csibank(*, download: bool = False) -> pd.DataFrame:
    """Spanish bank (`csibank`): real, 1,707 rows, one per customer.

    Ratings 0 to 10, high is good, complete. ``sat1`` overall satisfaction, ``sat2`` expectations met,
    ``sat3`` against other banks; ``loy1`` would choose the bank again, ``loy2`` propensity to switch
    (keying not documented: do not use), ``loy3`` would recommend; ``imag1-6``, ``expe1-4``, ``qual1-7``,
    ``val1-4``; ``Gender``, ``Age`` (bands), ``Education``, ``Occupation``, ``Region`` (Center, East,
    North). Meanings are inferred from the documented order.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to make the file.

    Returns
    -------
    DataFrame
        1,707 rows, 32 columns. Codebook: ``codebook("csibank")``.

    Notes
    -----
    Source: R package pathmox 0.2.0. Licence: GPL. No effort item, no observed behaviour.

    Examples
    --------
    >>> load_csibank().shape
    (1707, 32)
    """
    return _read("csibank", download=download)


def load_mobile_reputation(*, download: bool = False) -> pd.DataFrame:
    """Mobile provider reputation (`corp_rep_data`): a teaching file, 344 rows, edited by its authors.

    Items 1 disagree to 7 agree; **-99 = missing**. ``cusa`` satisfied with the company; ``cusl_1``
    recommend, ``cusl_2`` choose again, ``cusl_3`` remain; ``qual_1-8``, ``perf_1-5``, ``csor_1-5``,
    ``attr_1-3``, ``like_1-3``, ``comp_1-3``; four global ratings; ``serviceprovider`` 1-4, ``servicetype``
    1 prepaid, 2 contract.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to make the file.

    Returns
    -------
    DataFrame
        344 rows, 42 columns, with -99 left in. Codebook: ``codebook("mobile_reputation")``.

    Notes
    -----
    Source: Hair, Hult, Ringle and Sarstedt (2017), R package seminr. Licence: GPL. Two published versions
    differ on most rows: use it to check methods, never as evidence about customers. One -99 left in a 1-7
    item changes winners.

    Examples
    --------
    >>> int(load_mobile_reputation()["cusa"].min())
    -99
    """
    return _read("mobile_reputation", download=download)


def load_yellow_pages(*, download: bool = False) -> pd.DataFrame:
    """Yellow Pages advertisers (`customerSat`): real, 1,811 rows, one per business customer.

    Ten items 1 poor to 10 excellent, complete: ``q1`` overall satisfaction; ``q2-q4`` prices; ``q5``
    demonstrating effectiveness; ``q6-q8`` reach and exposure; ``q9-q10`` distribution. 5.6 % gave one
    answer to all ten.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to make the file.

    Returns
    -------
    DataFrame
        1,811 rows, 10 columns. Codebook: ``codebook("yellow_pages")``.

    Notes
    -----
    Source: Rossi, Gilula and Allenby (2001), R package bayesm. Licence: GPL. No loyalty and no effort item.

    Examples
    --------
    >>> load_yellow_pages().shape
    (1811, 10)
    """
    return _read("yellow_pages", download=download)


def load_servicenow(
    table: Literal["incidents", "events"] = "incidents", *, download: bool = False
) -> pd.DataFrame:
    """Support incidents of an IT company (ServiceNow): real, February 2016 to February 2017.

    ``incidents``: ``reassignment_count``, ``reopen_count``, ``n_assignment_groups``,
    ``n_awaiting_user_info`` (asked again), ``caller_incidents_prev_30d`` (repeat contact; blank if the
    caller is unknown), ``hours_to_resolve`` (blank for 1,556), ``made_sla_final`` (target met),
    ``priority`` 1 critical to 4 low, ``contact_type_first``. ``events``: the audit log as published, ``?``
    = unknown, dates day/month/year.

    Parameters
    ----------
    table : {"incidents", "events"}
        24,918 incidents (28 columns, derived from the log) or 141,712 events (36 columns).
    download : bool
        No address is known: the error says how to get the file.

    Returns
    -------
    DataFrame
        Identifiers such as ``number`` are text with leading zeros.

    Notes
    -----
    Source: Amaral, Fantinato and Peres (2018). Licence: CC BY 4.0. No survey answer; 99 % came by phone; a
    long ticket has more time to be passed on, so hand-offs and duration grow together by construction.

    Examples
    --------
    >>> load_servicenow().shape
    (24918, 28)
    """
    if table not in ("incidents", "events"):
        raise ValueError(f"`table` must be 'incidents' or 'events'; got {table!r}.")
    return _read(f"servicenow_{table}", download=download, dtype={"number": str})


def load_iran_churn(*, download: bool = False) -> pd.DataFrame:
    """Iranian telecom churn: real, 3,150 rows, one per customer, churn observed at the end of month 12.

    ``Churn`` 1 left (495), 0 stayed; ``Complains`` 1 complained; ``Call Failure`` count; ``Subscription
    Length`` months; ``Charge Amount`` 0 lowest to 9; ``Status`` 1 active, 2 not (nearly the outcome); usage
    columns.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to get the file.

    Returns
    -------
    DataFrame
        3,150 rows, 14 columns; double spaces in the headers are made single. 300 rows are exact duplicates.

    Notes
    -----
    Source: UCI 563. Licence: CC BY 4.0. No survey answers, no customer id, no dates.

    Examples
    --------
    >>> load_iran_churn().shape
    (3150, 14)
    """
    return _read("iran_churn", download=download)


def load_hcahps(*, download: bool = False) -> pd.DataFrame:
    """US hospitals' patient survey (HCAHPS) 2023-24: real averages, 3,197 rows, one per hospital.

    Linear mean scores 0 to 100, high is good, case-mix adjusted: ``Recommendation_Score``,
    ``Overall_Rating``, eight experience scores. ``Facility_ID`` is text with leading zeros.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to get the file.

    Returns
    -------
    DataFrame
        3,197 rows, 14 columns.

    Notes
    -----
    Source: US Centers for Medicare & Medicaid Services. Licence: public domain. Hospitals, not patients:
    correlations of averages are far higher than between people.

    Examples
    --------
    >>> load_hcahps().shape
    (3197, 14)
    """
    return _read("hcahps", download=download, dtype={"Facility_ID": str})


def load_satisfaction_retention_meta(*, download: bool = False) -> pd.DataFrame:
    """Satisfaction and retention: 30 rows, one per published study, the correlation it reports.

    ``Corr``; ``Retention_Measure`` Intention (26 studies) or Behavior (4); ``CS_Scale_Points`` 5, 7, 10;
    ``CS_Scale_Items``, ``Exchange``, ``Market``, ``Location``, ``Year``.

    Parameters
    ----------
    download : bool
        No address is known: the error says how to get the file.

    Returns
    -------
    DataFrame
        30 rows, 8 columns.

    Notes
    -----
    Source: R package bestnextstudy (sample data). Licence: GPL. No sample sizes and no study names.

    Examples
    --------
    >>> load_satisfaction_retention_meta().shape
    (30, 8)
    """
    return _read("satisfaction_retention_meta", download=download)
