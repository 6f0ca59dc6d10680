"""The report's charts, drawn by Altair into SVG that needs no script."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

BLUE = "#2b6cb0"
GREY = "#a0aec0"


def _svg(chart: "alt.Chart | alt.LayerChart") -> str:
    """A chart as inline SVG."""
    import vl_convert

    plain = chart.configure_view(stroke=None).configure_axis(labelFontSize=12, titleFontSize=12)
    return str(vl_convert.vegalite_to_svg(plain.to_json()))


def _data(rows: Sequence[dict[str, Any]]) -> "alt.Data":
    import altair as alt

    return alt.Data(values=list(rows))


def confusion(rows: Sequence[dict[str, Any]]) -> str:
    """Articles by actual and predicted topic."""
    import altair as alt

    base = alt.Chart(_data(rows)).encode(
        x=alt.X("predicted:N", title="predicted", axis=alt.Axis(orient="top", labelAngle=-30)),
        y=alt.Y("actual:N", title="actual"),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("count():Q", scale=alt.Scale(range=["#ebf4ff", "#90cdf4"], type="sqrt"), legend=None)
    )
    numbers = base.mark_text(fontSize=13).encode(text="count():Q")
    return _svg((cells + numbers).properties(width=560, height=240))


def reliability(rows: Sequence[dict[str, Any]]) -> str:
    """Accuracy against confidence, beside the diagonal of a calibrated classifier; larger points are more articles."""
    import altair as alt

    diagonal = alt.Chart(_data([{"at": 0}, {"at": 1}])).mark_line(color=GREY, strokeDash=[4, 4])
    points = alt.Chart(_data(rows)).mark_circle(color=BLUE, opacity=1)
    return _svg(
        (
            diagonal.encode(x=alt.X("at:Q", title="confidence"), y=alt.Y("at:Q", title="accuracy"))
            + points.encode(
                x="confidence:Q", y="accuracy:Q", size=alt.Size("articles:Q", legend=alt.Legend(title="articles"))
            )
        ).properties(width=300, height=240)
    )


def risk_coverage(rows: Sequence[dict[str, Any]]) -> str:
    """Share of wrong answers when only the most confident are given."""
    import altair as alt

    line = alt.Chart(_data(rows)).mark_line(color=BLUE, interpolate="step-after")
    return _svg(
        line.encode(
            x=alt.X("coverage:Q", title="share answered"),
            y=alt.Y("risk:Q", title="share of these wrong"),
        ).properties(width=300, height=240)
    )


def transfer(rows: Sequence[dict[str, Any]]) -> str:
    """The same for the test split and for each set of other news."""
    import altair as alt

    line = alt.Chart(_data(rows)).mark_line(interpolate="step-after")
    return _svg(
        line.encode(
            x=alt.X("coverage:Q", title="share answered"),
            y=alt.Y("risk:Q", title="share of these wrong"),
            color=alt.Color("articles:N", title=None, sort=None, legend=alt.Legend(labelLimit=260)),
            strokeDash=alt.StrokeDash("articles:N", title=None, sort=None),
        ).properties(width=420, height=260)
    )


def rouge(rows: Sequence[dict[str, Any]]) -> str:
    """ROUGE-1 of each system with its 95% interval."""
    import altair as alt

    order = list(dict.fromkeys(row["system"] for row in rows))
    base = alt.Chart(_data([row for row in rows if row["measure"] == "rouge1"]))
    row_of = alt.Y("system:N", sort=order, title=None)
    bars = base.mark_bar(color=GREY).encode(y=row_of, x=alt.X("value:Q", title="ROUGE-1 F1, 95% interval"))
    spans = base.mark_rule(color=BLUE, strokeWidth=3).encode(y=row_of, x="low:Q", x2="high:Q")
    return _svg((bars + spans).properties(width=420, height=180))


def grounding(rows: Sequence[dict[str, Any]]) -> str:
    """How many summaries the article supports how well, as the model wrote them and as they were shipped."""
    import altair as alt

    bars = alt.Chart(_data(rows)).mark_bar(color=BLUE)
    return _svg(
        bars.encode(
            x=alt.X("grounding:Q", bin=alt.Bin(step=0.1, extent=[0, 1]), title="grounding of the summary"),
            y=alt.Y("count():Q", title="summaries"),
            row=alt.Row("system:N", title=None, sort=["draft", "shipped"]),
        ).properties(width=300, height=110)
    )


def trade(rows: Sequence[dict[str, Any]]) -> str:
    """How many sentences are wrong when only those with so much support are kept; the chosen point is marked."""
    import altair as alt

    base = alt.Chart(_data(rows))
    shown = base.transform_fold(["wrong_share", "grave_share"], as_=["which", "share"])
    lines = shown.mark_line().encode(
        x=alt.X("kept_share:Q", title="share of the model's sentences kept"),
        y=alt.Y("share:Q", title="share of these with an error"),
        color=alt.Color(
            "which:N",
            title=None,
            scale=alt.Scale(domain=["wrong_share", "grave_share"], range=[BLUE, GREY]),
            legend=alt.Legend(labelExpr="datum.label == 'wrong_share' ? 'any error' : 'a grave one'"),
        ),
    )
    chosen = base.transform_filter("datum.chosen").mark_point(color="black", filled=True, size=90)
    return _svg((lines + chosen.encode(x="kept_share:Q", y="wrong_share:Q")).properties(width=340, height=240))
