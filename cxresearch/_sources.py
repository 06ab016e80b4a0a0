"""The data sets `cxresearch.datasets` knows: a table, one entry a file. Nothing is opened here."""

from __future__ import annotations

from dataclasses import dataclass

GPL_NOTE = "GPL, no separate data licence: not shipped and never downloaded unasked"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of an open data set: what it is, how it is recognised, where it comes from.

    Attributes
    ----------
    name, title : str
        The name in `SOURCES`, and a title for people.
    folder, file : str
        Where it lies below ``$CXRESEARCH_DATA`` and below the cache.
    sha256 : str
        Checksum of the file; another file is refused.
    rows, columns : int
        Its size.
    licence, citation, publisher : str
        What a user may do with it, whom to cite, and the publisher's page.
    by_hand : str
        How to make exactly this file without us.
    url : str
        Direct download address; empty where none is known.
    also_sha256 : str
        Checksum of the publisher's own file where our copy leaves out a column the loader drops anyway.
    shipped : bool
        True for what is ours and travels with the package.
    """

    name: str
    title: str
    folder: str
    file: str
    sha256: str
    rows: int
    columns: int
    licence: str
    citation: str
    publisher: str
    by_hand: str
    url: str = ""
    also_sha256: str = ""
    shipped: bool = False


def _from_r(package: str, expression: str, file: str, quote: str = "FALSE") -> str:
    """Return the line of R that writes the file, byte for byte as long as the package keeps its data."""
    return (
        f'in R, after install.packages("{package}"): '
        f'write.csv({expression}, "{file}", row.names = FALSE, quote = {quote})'
    )


_TABLE = (
    Source(
        name="contact_survey",
        title="Contact survey, simulated",
        folder="",
        file="contact_survey_simulated.csv",
        sha256="575ed093666496a0117242a82ec7ea6cca46416c3f5b0ab2d0ce8e6bbba94749",
        rows=2_000,
        columns=13,
        licence="BSD-3-Clause, as this package",
        citation="cxresearch, data/make_contact_survey.py; simulated, no customer answered it",
        publisher="this package",
        by_hand="python data/make_contact_survey.py",
        shipped=True,
    ),
    Source(
        name="sfo_2017",
        title="San Francisco airport customer survey 2017",
        folder="sfo_airport_survey",
        file="sfo_customer_survey_2017.csv",
        sha256="171423b74247f1c0144a93104ef19265975be6a78c6665a7319d8efbc7d1493e",
        rows=2_831,
        columns=97,
        licence="public domain (DataSF: Open Data Commons PDDL)",
        citation="San Francisco International Airport (2017), 2017 SFO Customer Survey, DataSF",
        publisher="https://data.sfgov.org/Transportation/2017-SFO-Customer-Survey/nnh5-5rwz",
        by_hand="on the publisher's page, Export, CSV",
        url="https://data.sfgov.org/api/views/nnh5-5rwz/rows.csv?accessType=DOWNLOAD",
    ),
    Source(
        name="sfo_2018",
        title="San Francisco airport customer survey 2018",
        folder="sfo_airport_survey",
        file="sfo_customer_survey_2018.csv",
        sha256="0c726bebdb00352b52d4a4697e893c1b928a290abf5cadedd9021ae421acde84",
        rows=2_809,
        columns=96,
        licence="public domain (DataSF: Open Data Commons PDDL)",
        citation="San Francisco International Airport (2018), 2018 SFO Customer Survey, DataSF",
        publisher="https://data.sfgov.org/browse?q=SFO%20Customer%20Survey",
        by_hand="on the publisher's page, Export, CSV",
        also_sha256="8d8e368dffb048679044159486bf89c5b838c7dbff731304ba02d4a8a2099c8b",
    ),
    Source(
        name="ecsi_mobile",
        title="ECSI mobile phone satisfaction (mobi)",
        folder="ecsi_mobile_phone",
        file="ecsi_mobile_phone.csv",
        sha256="eeedf61c7a980dda4c13cb39102d31da859e70d39d86f7d67437ad60e2e789ef",
        rows=250,
        columns=24,
        licence=GPL_NOTE,
        citation="Tenenhaus, Esposito Vinzi, Chatelin and Lauro (2005), PLS path modeling, "
        "Computational Statistics & Data Analysis 48, 159-205",
        publisher="https://doi.org/10.1016/j.csda.2004.03.005",
        by_hand=_from_r("seminr", "seminr::mobi", "ecsi_mobile_phone.csv"),
    ),
    Source(
        name="spanish_bank",
        title="Spanish credit institution satisfaction, 250 customers",
        folder="spanish_bank_satisfaction",
        file="spanish_bank_satisfaction.csv",
        sha256="a960a25934709119502f314cc18041b57e04daae70b82d4756a6672dd47770de",
        rows=250,
        columns=28,
        licence=GPL_NOTE,
        citation="Sanchez, G., R package plspm, data set `satisfaction`; "
        "Laboratory of Information Analysis and Modeling, Universitat Politecnica de Catalunya",
        publisher="https://github.com/gastonstat/plspm",
        by_hand=_from_r("plspm", "plspm::satisfaction", "spanish_bank_satisfaction.csv"),
    ),
    Source(
        name="csibank",
        title="Spanish bank satisfaction, 1,707 customers",
        folder="spanish_bank_csibank",
        file="spanish_bank_csibank.csv",
        sha256="5b399f1bb2dc223bad44db7b43e49279549e855755160cfe115f348d81f45ff0",
        rows=1_707,
        columns=32,
        licence=GPL_NOTE,
        citation="R package pathmox 0.2.0, data set `csibank`; "
        "Laboratory of Information Analysis and Modeling, Universitat Politecnica de Catalunya",
        publisher="https://github.com/cran/pathmox",
        by_hand=_from_r("pathmox", "pathmox::csibank", "spanish_bank_csibank.csv", "TRUE"),
    ),
    Source(
        name="mobile_reputation",
        title="Mobile provider reputation (teaching file, edited by its authors)",
        folder="mobile_provider_reputation",
        file="mobile_provider_reputation.csv",
        sha256="97a15bacc85f146b0fe5239d811b9ba8a6c5ebbb38c79eca8ede2a5244d6bdb8",
        rows=344,
        columns=42,
        licence=GPL_NOTE,
        citation="Hair, Hult, Ringle and Sarstedt (2017), A Primer on Partial Least Squares Structural "
        "Equation Modeling; R package seminr, data set `corp_rep_data`",
        publisher="https://www.pls-sem.net",
        by_hand=_from_r(
            "seminr",
            'd[!grepl("^(switch|mga)_", names(d <- seminr::corp_rep_data))]',
            "mobile_provider_reputation.csv",
        ),
    ),
    Source(
        name="yellow_pages",
        title="Yellow Pages advertiser satisfaction (customerSat)",
        folder="yellow_pages_satisfaction",
        file="yellow_pages_satisfaction.csv",
        sha256="ef1d8326c046ec75fcbebf854b5bdaa390b5a170a7c4c2edebf82ebfbc03aaa8",
        rows=1_811,
        columns=10,
        licence=GPL_NOTE,
        citation="Rossi, Gilula and Allenby (2001), Overcoming Scale Usage Heterogeneity, "
        "Journal of the American Statistical Association 96, 20-31; R package bayesm",
        publisher="https://github.com/cran/bayesm",
        by_hand='in R, after install.packages("bayesm"): data(customerSat, package = "bayesm"); '
        'write.csv(customerSat, "yellow_pages_satisfaction.csv", row.names = FALSE, quote = FALSE)',
    ),
    Source(
        name="servicenow_incidents",
        title="ServiceNow incidents, one row per incident (derived from the event log)",
        folder="servicenow_incidents",
        file="incidents.csv.gz",
        sha256="6775c368d003040a35d675db9ff2d82fde89b950c4681eb938a02162467c7c3c",
        rows=24_918,
        columns=28,
        licence="CC BY 4.0",
        citation="Amaral, Fantinato and Peres (2018), Incident management process enriched event log, "
        "UCI Machine Learning Repository 498, https://doi.org/10.24432/C57S4H",
        publisher="https://archive.ics.uci.edu/dataset/498",
        by_hand="derived from the event log; ask the maintainers for this file",
    ),
    Source(
        name="servicenow_events",
        title="ServiceNow incident event log",
        folder="servicenow_incidents",
        file="incident_event_log.csv.gz",
        sha256="eb5d592b01f433b43905d1966a788f6f747989a668170bf0852716cda60aeabc",
        rows=141_712,
        columns=36,
        licence="CC BY 4.0",
        citation="Amaral, Fantinato and Peres (2018), Incident management process enriched event log, "
        "UCI Machine Learning Repository 498, https://doi.org/10.24432/C57S4H",
        publisher="https://archive.ics.uci.edu/dataset/498",
        by_hand="a copy of the publisher's log less its text prefixes; ask the maintainers for this file",
    ),
    Source(
        name="iran_churn",
        title="Iranian telecom churn",
        folder="telecom_churn_iran",
        file="iranian_churn.csv",
        sha256="72a4a660cba4166bab4f0c24e930d5453d1917e208c9ce2ed16b841347350dd3",
        rows=3_150,
        columns=14,
        licence="CC BY 4.0",
        citation="Iranian Churn (2020), UCI Machine Learning Repository 563, https://doi.org/10.24432/C5JW3Z",
        publisher="https://archive.ics.uci.edu/dataset/563",
        by_hand="on the publisher's page, Download; rename the CSV in the archive",
    ),
    Source(
        name="hcahps",
        title="HCAHPS hospital patient survey 2023-24, averages by hospital",
        folder="hcahps_hospitals_2023_24",
        file="hcahps_hospitals_2023_24.csv",
        sha256="8d49dec6f2f4aaeb8669d443df1436df8700edbbef6afcb7789b5ac847f7a1d4",
        rows=3_197,
        columns=14,
        licence="public domain (US government work)",
        citation="US Centers for Medicare & Medicaid Services, Patient survey (HCAHPS) - Hospital, "
        "April 2023 to March 2024",
        publisher="https://data.cms.gov/provider-data/dataset/dgck-syfz",
        by_hand="a reshaping of the publisher's file, by hospital; ask the maintainers for this file",
    ),
    Source(
        name="satisfaction_retention_meta",
        title="Satisfaction and retention: correlations of 30 studies",
        folder="satisfaction_retention_meta",
        file="satisfaction_retention_meta.csv",
        sha256="bdb00b53e12d77dd9ae0b832f7a5699ce9a4116f92f11113f0ac97b1eab122ea",
        rows=30,
        columns=8,
        licence=GPL_NOTE,
        citation="R package bestnextstudy, sample of studies on satisfaction and retention",
        publisher="https://bestnextstudy.github.io",
        by_hand="the CSV in the folder data-raw of the package's repository, bestnextstudy/bestnextstudy",
    ),
)

SOURCES: dict[str, Source] = {source.name: source for source in _TABLE}
