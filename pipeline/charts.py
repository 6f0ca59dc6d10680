"""The report's charts, drawn by Altair into SVG that needs no script and takes the colours of the page around it."""

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

Rows = Sequence[dict[str, Any]]

# Custom properties of the page's stylesheet, so that a chart is readable in light and dark alike.
SERIES = ("var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)")
QUIET, INK, LINE = "var(--quiet)", "currentColor", "var(--line)"
# What a chart is called by a screen reader; the page says the same figures in a table or sentence beside it.
NAMES = {
    "lengths": "Histogram of articles by their number of words",
    "reliability": "Reliability diagram of the topic classifier",
    "risk_coverage": "Share of wrong topics against the share of articles answered",
    "transfer": "Share of wrong topics against the share answered, for each set of articles",
    "rouge": "ROUGE-1 of each way to summarise, with 95% intervals",
    "grounding": "Histograms of the grounding of drafts and of shipped summaries",
    "trade": "Share of sentences with an error against the share of sentences kept",
}


def drawn(name: str, rows: Rows) -> str:
    """The chart of that name as inline SVG; nothing for no rows."""
    return _svg(_CHARTS[name](rows), NAMES[name]) if rows else ""


def _svg(chart: "alt.TopLevelMixin", name: str) -> str:
    """A chart as SVG, with a name and without a background."""
    import vl_convert

    plain = (
        chart.configure(background="transparent", aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=INK,
            titleColor=INK,
            gridColor=LINE,
            domainColor=LINE,
            tickColor=LINE,
        )
        .configure_legend(labelColor=INK, titleColor=INK, labelFontSize=12, titleFontWeight="normal")
        .configure_header(labelColor=INK, labelFontSize=12)
    )
    svg = str(vl_convert.vegalite_to_svg(plain.to_json()))
    svg = re.sub(r' (?:aria-roledescription|aria-hidden|aria-label|role)="[^"]*"', "", svg)
    label = escape(name)
    return re.sub(r"^<svg ([^>]*)>", rf'<svg role="img" aria-label="{label}" \1><title>{label}</title>', svg, count=1)


def _data(rows: Rows) -> "alt.Data":
    import altair as alt

    return alt.Data(values=list(rows))


def _lengths(rows: Rows) -> "alt.Chart":
    import altair as alt

    bars = alt.Chart(_data(rows)).mark_bar(color=SERIES[0])
    return bars.encode(
        x=alt.X("words:Q", bin=alt.Bin(maxbins=40), title="words"),
        y=alt.Y("count():Q", title="articles"),
    ).properties(width=420, height=140)


def _reliability(rows: Rows) -> "alt.LayerChart":
    """Accuracy against confidence, beside the diagonal of a calibrated classifier; larger points are more articles."""
    import altair as alt

    diagonal = alt.Chart(_data([{"at": 0}, {"at": 1}])).mark_line(color=QUIET, strokeDash=[4, 4])
    points = alt.Chart(_data(rows)).mark_circle(color=SERIES[0], opacity=1)
    layers = diagonal.encode(
        x=alt.X("at:Q", title="confidence", axis=alt.Axis(format="%")),
        y=alt.Y("at:Q", title="right", axis=alt.Axis(format="%")),
    ) + points.encode(
        x="confidence:Q",
        y="accuracy:Q",
        size=alt.Size(
            "articles:Q", legend=alt.Legend(title="articles", symbolFillColor=SERIES[0], symbolStrokeWidth=0)
        ),
    )
    return layers.properties(width=300, height=240)


def _risk_coverage(rows: Rows) -> "alt.LayerChart":
    """Share of wrong answers when only the most confident are given; the point that is `chosen` is marked."""
    import altair as alt

    base = alt.Chart(_data(rows)).encode(
        x=alt.X("coverage:Q", title="answered", axis=alt.Axis(format="%")),
        y=alt.Y("risk:Q", title="of these wrong", axis=alt.Axis(format="%")),
    )
    line = base.transform_filter("!datum.chosen").mark_line(color=SERIES[0], interpolate="step-after")
    chosen = base.transform_filter("datum.chosen").mark_point(color=SERIES[1], filled=True, size=110, opacity=1)
    return (line + chosen).properties(width=300, height=240)


def _transfer(rows: Rows) -> "alt.Chart":
    """The same for the test split and for each set of other news."""
    import altair as alt

    names = list(dict.fromkeys(row["articles"] for row in rows))
    colours = alt.Scale(domain=names, range=[SERIES[number % len(SERIES)] for number in range(len(names))])
    line = alt.Chart(_data(rows)).mark_line(interpolate="step-after")
    return line.encode(
        x=alt.X("coverage:Q", title="answered", axis=alt.Axis(format="%")),
        y=alt.Y("risk:Q", title="of these wrong", axis=alt.Axis(format="%")),
        color=alt.Color("articles:N", title=None, scale=colours, legend=alt.Legend(labelLimit=260, orient="top")),
        strokeDash=alt.StrokeDash("articles:N", sort=names, legend=None),
    ).properties(width=380, height=240)


def _rouge(rows: Rows) -> "alt.LayerChart":
    """ROUGE-1 of each system with its 95% interval."""
    import altair as alt

    shown = [
        {"system": row["system"].replace("_", "-")} | {key: 100 * row[key] for key in ("value", "low", "high")}
        for row in rows
        if row["measure"] == "rouge1"
    ]
    base = alt.Chart(_data(shown)).encode(y=alt.Y("system:N", sort=[row["system"] for row in shown], title=None))
    span = alt.X("low:Q", title="ROUGE-1 F1, points", scale=alt.Scale(zero=False))
    spans = base.mark_rule(color=QUIET, strokeWidth=3).encode(x=span, x2="high:Q")
    points = base.mark_point(color=SERIES[0], filled=True, size=90, opacity=1).encode(x="value:Q")
    return (spans + points).properties(width=420, height=180)


def _grounding(rows: Rows) -> "alt.Chart":
    """How many summaries the article supports how well, as the model wrote them and as they were shipped."""
    import altair as alt

    bars = alt.Chart(_data(rows)).mark_bar(color=SERIES[0])
    return bars.encode(
        x=alt.X("grounding:Q", bin=alt.Bin(step=0.1, extent=[0, 1]), title="grounding of the summary"),
        y=alt.Y("count():Q", title="summaries"),
        row=alt.Row("system:N", title=None, sort=["draft", "shipped"]),
    ).properties(width=300, height=100)


def _trade(rows: Rows) -> "alt.LayerChart":
    """How many sentences are wrong when only those with so much support are kept; the `chosen` point is marked."""
    import altair as alt

    base = alt.Chart(_data(rows))
    lines = (
        base.transform_fold(["wrong_share", "grave_share"], as_=["which", "share"])
        .mark_line()
        .encode(
            x=alt.X("kept_share:Q", title="sentences kept", axis=alt.Axis(format="%")),
            y=alt.Y("share:Q", title="of these with an error", axis=alt.Axis(format="%")),
            color=alt.Color(
                "which:N",
                title=None,
                scale=alt.Scale(domain=["wrong_share", "grave_share"], range=[SERIES[0], SERIES[2]]),
                legend=alt.Legend(labelExpr="datum.label == 'wrong_share' ? 'any error' : 'a grave one'", orient="top"),
            ),
        )
    )
    chosen = base.transform_filter("datum.chosen").mark_point(color=SERIES[1], filled=True, size=110, opacity=1)
    return (lines + chosen.encode(x="kept_share:Q", y="wrong_share:Q")).properties(width=340, height=230)


_CHARTS = {
    "lengths": _lengths,
    "reliability": _reliability,
    "risk_coverage": _risk_coverage,
    "transfer": _transfer,
    "rouge": _rouge,
    "grounding": _grounding,
    "trade": _trade,
}
