"""Sentences and headings of ordinary news that look like clutter, and are none; and clutter that is."""

import time

import pytest

from pipeline.line_rules import reason_for

STORY = """
By Monday, the water had reached the church and the school.
By contrast, profits at the bank rose 12%.
By law, councils must publish the figures.
Reporting by women rose sharply, the study found.
Turkey wants to become a member of the EU.
The victim was already a member of the gang, the court heard.
She was told to keep reading aloud to her son.
Voters can register online or by email until Monday.
Critics can subscribe to the theory, he said.
Images, which police say are fake, spread quickly.
Pictures, maps and letters were found in the loft.
The firm is being investigated, it said (Reuters).
The ruling by the US Environmental Protection Agency (EPA).
Police released one image: a man in a red coat
The firm's licensing rights were sold for £2m.
Share prices fall
Most popular pets revealed
12 may face charges
Popular singer arrested in Lagos
Also on trial are two brothers
Recent polls show the party ahead
Similar rules apply in France
Related charges were dropped
Promoted to captain, Smith scored twice.
Follow the money
Join the army
Get daily exercise, doctors say
Want more jobs?
20 may lose jobs
2 set for release
1 out of 10
The treaty was signed in the town hall on 4 June 1920
Updated figures show the deficit was cut two years ago.
19:45 kick-off
Residents can contact the council on Facebook.
The company, registered in Panama, has no staff and an office above a shop.
This report was produced by the UN and warns of famine.
Comments by Trump draw fire
Responses from residents
Discussion of the budget
100 responses came in within a day.
""".strip().split("\n")

CLUTTER = {
    "byline": ["By Ines Okafor", "By Ines Okafor, Harbour Reporter", "By Lidija Perhat and Hugo Vanderlaan", "By Reuters"],
    "timestamp": ["12 November 2026", "* 12 November 2026", "Nov 7 23:05", "2 days ago at 07:52 am", "5 min read", "16:30"],
    "comments": ["Comments", "Top Rated Comments", "[ 167 comments ]", "Log in to comment", "12 comments"],
    "teaser": ["Read More »", "Related articles", "RELATED: Ferry fares rise", "Most read in world news", "Don't miss"],
    "sign-up": ["Share this", "Share on Facebook", "Sign up for our newsletter", "Follow us on Instagram", "Share"],
    "caption": ["Photo: Ines Okafor", "The quay on Sunday (Tidewire/File photo)", "Image caption, The quay"],
    "sign-off": ["Reporting by Ines Okafor; editing by Hugo Vanderlaan", "Ines Okafor contributed to this report."],
    "footer": ["© 2026 The Quay Post", "All rights reserved.", "Copyright The Quay Post 2026"],
    "consent": ["We use cookies to improve your visit.", "Accept all", "Cookie settings"],
    "navigation": ["Skip to main content", "Home | News | Sport | Weather", "Menu", "Log in"],
    "advertisement": ["Advertisement", "Story continues below", "We may earn a commission if you buy through these links."],
}  # fmt: skip


@pytest.mark.parametrize("line", STORY)
def test_ordinary_news_has_no_reason_to_be_dropped(line):
    assert reason_for(line) is None


@pytest.mark.parametrize(("reason", "line"), [(reason, line) for reason, lines in CLUTTER.items() for line in lines])
def test_clutter_has_its_reason(reason, line):
    assert reason_for(line) == reason


@pytest.mark.parametrize(
    "line",
    ["mon," * 30 + "1x", "t" * 70 + "1!", "at" * 50 + "1!", "11-" * 70 + "x", "Reporting by A " + "A" * 980 + "!"],
)
def test_no_pattern_backtracks(line):
    started = time.perf_counter()
    reason_for(line)
    assert time.perf_counter() - started < 0.1
