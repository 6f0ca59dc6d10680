"""The reasons a line is dropped for, and the patterns that give them away."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sentences import is_closed

# Every reason a line can be dropped for, as `Dropped.reason` gives it.
REASONS = {
    "navigation": "menus, breadcrumbs, section names, tickers, tables: the site, not the story",
    "consent": "a cookie or consent note",
    "sign-up": "a prompt to share, follow, subscribe or sign up",
    "byline": "who wrote it",
    "timestamp": "when it was published, or how long it takes to read",
    "caption": "a picture's caption or credit",
    "teaser": "a link to another story",
    "advertisement": "an advertisement or its label",
    "comments": "a comment count, or a prompt to comment",
    "tags": "a list of topics",
    "sign-off": "an agency's sign-off",
    "footer": "republishing terms, copyright, about the publisher",
    "repeated": "stands elsewhere in the story: a pull quote, a headline said twice",
    "foreign": "in another language than the story",
    "outside": "sentences that stand apart from the story: other stories, boxes, readers' comments",
}
KEPT = frozenset({"title", "standfirst", "heading", "text"})
# Clutter comes in short lines; longer ones, in characters, are not asked, whatever they hold.
LONGEST_LINE = 1000
# In capitals throughout and this long, a line is a link to another story; a heading is shorter.
SHOUTED_WORDS = 8

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
# Months in seven languages of the Latin script.
_ANY_MONTH = (
    r"(?:jan(?:uary|uar|uari|vier|eiro)?|enero|ene|gennaio|gen|feb(?:ruary|ruar|ruari|rero|braio)?|fevereiro|fev|février|févr?"
    r"|mar(?:ch|s|zo|ço)?|märz|maart|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may|mai|mayo|maio|maggio|mag|mei|jun[ei]?|juin|junio"
    r"|junho|giugno|giu|jul[iy]?|juillet|juil|julio|julho|luglio|lug|aug(?:ust|ustus)?|août|ago(?:sto)?|sept?(?:ember|embre)?"
    r"|septiembre|setembro|set(?:tembre)?|oct(?:ober|obre|ubre)?|okt(?:ober)?|out(?:ubro)?|ott(?:obre)?|nov(?:ember|embre|iembre|embro)?"
    r"|dec(?:ember|embre)?|dez(?:ember|embro)?|déc(?:embre)?|dic(?:iembre|embre)?)\.?"
)
_ANY_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)?[ -](?:of |de )?{_ANY_MONTH}|{_ANY_MONTH} \d{{1,2}}(?:st|nd|rd|th)?"
    r"|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d)\b"
)
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
# A word of a name, as it is written.
_NAME = r"[A-Z\u00c0-\u024f][\w.'’-]*+,?"
# Work that a picture taken for a story credits, in small letters.
_SHOOT = (
    r"(?:photo(?:graph)?s?|photography|photographer'?s? assistant|(?:fashion |photo )?assistant|styling|stylist|hair"
    r"|make-?up|grooming|manicure|set design|illustrations?|model)"
)
_CLOCK = r"\d{1,2}[:.h]\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?"
_ZONE = r"\b(?:GMT|BST|UTC|CES?T|E[SD]?T|P[SD]?T|IST|[A-Z]{2,4}T)\b"
_DATE = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?)(?:,?\s+\d{{4}})?"
_MOMENT = rf"(?:{_DAY},?|{_DATE}|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}|{_CLOCK}|{_ZONE}|at|on|,|-|–|\||·|•)"


@dataclass(frozen=True, slots=True)
class Rule:
    """A line that matches, and has at most so many words, is dropped for this reason."""

    reason: str
    most_words: int
    opening: re.Pattern[str] | None  # matched at the line's start
    inside: re.Pattern[str] | None  # searched for in the line...
    cased: bool  # whether capitals count: the others see the line in small letters
    marks: tuple[str, ...]  # ... if the line in small letters has one of these, which is told faster


def _rule(reason: str, most_words: int, *alternatives: str, marks: tuple[str, ...] = (), cased: bool = False) -> Rule:
    opening = [alternative[1:] for alternative in alternatives if alternative.startswith("^")]
    inside = [alternative for alternative in alternatives if not alternative.startswith("^")]
    if bool(inside) != bool(marks):
        raise ValueError(f"{reason}: what is searched for inside a line needs marks, and only that")
    return Rule(reason, most_words, _any_of(opening, cased), _any_of(inside, cased), cased, marks)


def _any_of(alternatives: list[str], cased: bool) -> re.Pattern[str] | None:
    """One pattern of all; if capitals do not count, of small letters, faster than to look past their case each time."""
    if not alternatives:
        return None
    pattern = "|".join(alternatives)
    if not cased:
        pattern = re.sub(r"\\.|.", lambda part: part[0] if part[0][0] == "\\" else part[0].lower(), pattern)
    return re.compile(pattern)


# In the order they are asked. The word limits keep a rule off the paragraphs of a story that is about
# cookies, subscriptions or advertising; they were set on the pages of seeds/pages.
RULES = (
    _rule(
        "timestamp",
        14,
        rf"^(?:(?:last |first )?(?:updated?|published|posted|modified|created)(?: on| at)?:?\s*)?(?={_MOMENT})(?=.*\d)(?:{_MOMENT}\s*){{2,}}+(?<!,)$",
        rf"^(?:(?:last |first )?(?:updated?|published|posted|modified)(?: on| at)?:?\s*)(?:{_MOMENT}\s*)*+$",
        rf"^(?:last |first )?(?:updated|published|posted|modified)\b.*(?:{_DATE}|{_CLOCK}|\bago\b).*(?<![.!?])$",
        rf"^{_DATE}$",
        r"^\d{1,2} ?(?:-| )?min(?:ute)?s?(?:'s)? read\b",
        r"^(?:reading time|listen to this (?:article|story)|time to read)\b",
        r"^\W*(?:about )?\d+ ?(?:s|m|h|d|sec|min|minute|hour|hr|day|week|month|year)s? ago(?:$| (?:at )?\d)",
        rf"\A(?:\S+ ){{0,4}}(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})\b.*(?<![.!?])$",
        marks=(" 19", " 20"),
    ),
    _rule(
        "timestamp",
        20,
        r"^\W*\d{1,2}[./-]\d{1,2}[./-]\d{4}\b.*(?<![.!?])$",
        rf"^(?:\w+(?:-feira)?,? )?\d{{1,2}}\.? (?:de )?{_ANY_MONTH} (?:de )?\d{{4}}\b.{{0,30}}(?<![.!?])$",
        rf"^(?:date|sent): (?:{_DAY},? )?\d{{1,2}} {_MONTH}",
        r"^(?:tempo de leitura|tiempo de lectura|lesezeit|temps de lecture|leestijd)\b",
    ),
    _rule(
        "timestamp",
        5,
        rf"^(?=.{{0,14}}\d)[*+•·o|–-]?\s*{_ANY_DATE}(?:[,.]? (?:de |of )?\d{{4}})?[\s,|·•–-]*(?:(?:at|um|à|às|ore) )?(?:{_CLOCK})?\s*(?:{_ZONE}|uhr|h)?\W*$",
        rf"^[*+•·o|–-]?\s*{_CLOCK}\s*(?:{_ZONE}|uhr|h)?\W*$",
    ),
    _rule(
        "consent",
        60,
        r"\b(?:we|our partners|this (?:web)?site|our site|us) (?:and our partners )?(?:use|uses|keep|keeps|store|set|place)s? cookies",
        r"\b(?:accept|reject|allow|manage|refuse|decline)(?: all| only)?(?: necessary| essential| optional)? cookies\b",
        r"\bcookie (?:settings|preferences|choices)\b.{0,40}$",
        r"\bby (?:continuing|using|clicking)\b.{0,80}\b(?:you agree|you accept|you consent)",
        r"\b(?:keeps|stores|puts|sets|uses) cookies (?:on|in) your\b",
        marks=("cookie", "you agree", "you accept", "you consent"),
    ),
    _rule(
        "consent",
        5,
        r"^(?:accept|reject|allow|agree)(?: all)?$",
        r"^(?:accept|reject|allow) (?:and|&) (?:continue|close)$",
        r"\b(?:your|about|our|only|manage|all) cookies?$",
        r"^privacy (?:settings|choices)$",
        r"^(?:let me choose|manage (?:my )?(?:choices|preferences|options))$",
        marks=("cookie",),
    ),
    _rule(
        "navigation",
        8,
        r"^(?:skip|jump) to\b",
        r"^(?:open|close|show|more|main|toggle)? ?(?:menu|navigation|search)(?: (?:menu|bar|input|button))?$",
        r"^(?:log|sign) ?(?:in|out)\b(?! to )",
        r"^(?:home|news|homepage|search|menu|back to (?:top|home))$",
        r"(?: \| | > | › | » | / | · ).+(?: \| | > | › | » | / | · )",
        r"^(?:terms(?: of (?:use|service))?|privacy(?: policy)?|accessibility(?: help)?|contact(?: us)?|about us|help)$",
        r"^(?:previous|next)(?: (?:article|story|post|page))?$",
        r"^\W*(?:order reprints|print (?:this )?(?:article|page|story)|text size|font size|save (?:this )?article)$",
        r"^\d{1,3}$",
        r"\d [-+▲▼] ?\d+(?:\.\d+)?%$",
        marks=(" | ", " > ", " › ", " » ", " / ", " · ", "%"),
    ),
    _rule(
        "navigation",
        80,
        r"(?:[^|]{1,40} \| ?){3}",
        r"^(?:(?:<|&lt;)[^<>&]{1,400}(?:>|&gt;)\s*)++$",
        r"^these are external links\b",
        r"^(?:from|to|cc|bcc|reply-to|return-path|message-id|mime-version|content-type|x-mailer): \S",
        marks=(" | ",),
    ),
    _rule(
        "byline",
        14,
        rf"^(?:(?:Words|Story|Report|Review|Interview|Written|Text|WORDS|STORY) )?(?:[Bb]y|BY):? (?!{_WEEKDAY}){_NAME}$",
        rf"^(?:(?:Words|Story|Report|Review|Interview|Written|Text|WORDS|STORY) )?(?:[Bb]y|BY):? {_NAME}(?: (?:{_NAME}|and|de|van|von|der|la|al|bin|&|,))+(?:,.*|\s+(?:in|for|at)\s.*)?(?<![.!?])$",
        cased=True,
    ),
    _rule(
        "caption",
        60,
        r"^(?:image|photo|photograph|picture|video|media|illustration)s?(?: (?:source|caption|credit|by))?s?\s*:",
        r"^image (?:source|caption),",
        r"^(?:image|photo|picture|media) (?:source|caption|credit|copyright)\b",
        r"[(\[](?:[^()\[\]]{0,60}[/ ])?(?:file|handout|pool|courtesy|ap|afp|reuters|epa|getty(?: images)?|shutterstock|photo|photos|photograph|picture|image|supplied)(?:[/ ][^()\[\]]{0,40})?[)\]]$",
        r"(?:\A|[.!?”\"|)] )(?:photo|photograph|picture|image|illustration|credit|source)s?(?: by)?: ?[^.!?]{2,60}$",
        r"(?:©|\(c\))(?! ?(?:19|20)\d\d) ?[^.!?]{2,60}$",
        r"/ ?(?:getty images|afp|reuters|ap photo|epa|shutterstock)\b[^.]{0,20}$",
        rf"(?:\A|[.!?”\"] ){_SHOOT}: ?[^.!?:]{{2,60}}[.;|] ?{_SHOOT}:",
        r"\b(?:purchase|acquire|buy) licensing rights\b",
        r"[(\[](?:AP|AFP|Reuters|EPA|Getty) (?:Photo|Image)s?\b[^()\[\]]{0,60}[)\]]",
        r"^(?:file photo|file image|handout)\b",
        r"^buy (?:this |a )?(?:photo|print|picture)",
        r"^(?:fig(?:ure)?|chart|graph|graphic|map)\.? \d{1,2}[a-z]?(?:[.:|]| [-–—])\s",
        marks=(")", "]", ":", "©", "/", "licensing rights"),
    ),
    # "(Torquil Maine / Cairnport Lamp)": who took the picture, and for whom.
    _rule(
        "caption",
        60,
        rf"[.!?”] \({_NAME}(?: {_NAME}){{0,3}} ?/ ?{_NAME}(?: {_NAME}){{0,3}}\)$",
        marks=("/",),
        cased=True,
    ),
    _rule(
        "advertisement",
        12,
        r"^(?:- |\[)?adverti[sz]e?(?:ment|ments|sing)?(?:\]| -)?(?:$| [·|:•-] )",
        r"^(?:sponsored|promoted)(?: (?:content|by|posts?|links?|stories)\b.{0,40})?\W*$",
        r"^(?:paid (?:content|post|for by)|partner content|ads? (?:feature|by|choices)|ads?$)\b(?! \w+ (?:is|was|has|had)\b)",
        r"^scroll (?:down )?to continue",
        r"^continue reading(?: below)?\b",
    ),
    _rule(
        "advertisement",
        45,
        r"\b(?:we|us|our|\w+) (?:may |can |will )?(?:earn|receive|get)s? (?:us )?an? (?:small |affiliate )?(?:commission|share of the sale)\b",
        r"\baffiliate links?\b",
        r"^(?:story|article) continues (?:below|after)",
        r"^sponsored\s*[|:]",
        marks=("commission", "share of the sale", "affiliate"),
    ),
    _rule(
        "comments",
        9,
        r"^(?:view |show |read |see |add |leave |post |all )?(?:a |the |your |all )?(?:\d[\d,.]* )?comments?(?: \(?\d+\)?)?$",
        r"^(?:have your say|join the (?:conversation|discussion|debate)|leave a (?:reply|comment))\b",
        r"^(?:please |you must )?(?:be logged in|sign in|log in|login) to (?:comment|post|leave|add|join)",
        r"^comments? (?:are|is) (?:closed|off|open)",
        r"^\d[\d,.]* (?:comments?|replies|responses)(?: so far)?\W*$",
        r"\A\W*\d*\W*(?:(?:top|rated|latest|most|recent|reader|readers['’]|your|all) )*(?:comments?|responses|replies)(?:\W*\d*\W*| \(.{0,30}\))$",
        r"\bcomments? ?\(\d+\)\W*$",
        r"^(?:comentários|comentarios|kommentare|commentaires|reacties|commenti|deixe (?:uma|um|seu)|deja (?:un|tu))\b.{0,30}$",
        marks=("comment", "responses", "replies"),
    ),
    _rule(
        "comments",
        20,
        r"\benable javascript\b.*\bcomments\b",
        marks=("javascript",),
    ),
    _rule(
        "sign-up",
        45,
        r"\bsign up\b.{0,60}\b(?:newsletters?|e?-?mail|inbox|alerts?|updates|bulletin|briefing|free|offer)\b",
        r"\b(?:subscribe|register)\b.{0,60}\b(?:newsletters?|inbox|bulletin|briefing|unlimited|our (?:app|site|channel))\b",
        r"\b(?:newsletter|e?mail|inbox|free because)\b.{0,90}\b(?:sign (?:me )?up|subscribe|put me on)\b",
        r"\b(?:our|a|the|free|daily|weekly) (?:\w+ )?newsletters?\b.{0,60}\b(?:inbox|email|sign|subscribe|delivered)",
        r"\b(?:delivered|straight|sent) (?:straight |directly )?to your (?:inbox|phone|email)",
        r"^(?:follow|find|join|like) us\b.{0,40}$(?<![.!?])",
        r"^(?:share|like|follow)(?: (?:this|the))?(?: (?:story|article|page|post|entry))?(?: (?:on|via|with|by)\b.{0,30})?\W*$",
        r"\balready a (?:subscriber|member)\?",
        r"\bto continue reading\b|\bstart your (?:free )?trial\b",
        r"^(?:keep reading|become a (?:member|subscriber|supporter)|subscribe (?:now|today|for|from|to))\b.{0,60}$(?<![.!?])",
        r"^(?:enter )?(?:your )?e-?mail(?: address)?$",
        r"^(?:facebook|twitter|whatsapp|linkedin|instagram|telegram|pinterest|reddit|email|print|copy link|share|save|bookmark|subscribe|sign up)$",
        r"^share (?:this|on|via|article|story|to)\b",
        r"\bunsubscribe at any time\b",
        r"^to (?:read|continue|see|access)\b.{0,30}\b(?:full|whole|rest of the) (?:story|article)\b",
        r"^(?:want|need) more (?:news|stories|deals|articles|from|of|like|great|top)\b.{0,40}\?",
        r"\bsubscribe to our\b",
        r"^(?:get|sign up for|join) (?:the |our )?(?:breaking|latest|daily|weekly)\b.{0,60}\b(?:news|updates|newsletter|stories|deals|headlines)\b",
        r"^follow .{2,60} on (?:facebook|twitter|x|instagram|youtube|tiktok|linkedin|threads|bluesky)\b",
        marks=(
            "newsletter",
            "sign",
            "subscribe",
            "register",
            "to your",
            "put me",
            "already a ",
            "reading",
            "trial",
            "become a ",
            "at any time",
        ),
    ),
    _rule(
        "teaser",
        30,
        r"^(?:more|also|plus)\W*$",
        r"^(?:read|see|watch|listen|learn|find out|show|view|load) (?:more|also|next|now|here|all)\b.{0,120}(?<![.])$",
        r"\bread more ?(?:»|›|>|→|…|\.\.\.)?$",
        r"^(?:related|recommended|popular|recent|similar|trending)(?: (?:stories|articles?|topics?|content|news|links|coverage|reading|posts?|videos?|roundup|items|now|today|for you))?(?:\W+(?:(?:in|on|from|by) .{0,40})?|\s*:.{0,80})?$",
        r"^most (?:read|popular|viewed|shared|commented)(?: (?:in|on|from|stories|articles|today|now|this week)\b[^.]{0,40})?\W*$",
        r"^more (?:on|from|in|about|stories|news|articles)\b[^.]{0,80}$",
        r"^also (?:read|on|in)\b ?:",
        r"^(?:don.?t miss|see also|see more|you (?:may|might) (?:also )?(?:like|be interested)|what to read next|read next|up next|must read|in case you missed)\b[^.]{0,80}$",
        r"^(?:latest(?: (?:news|stories|headlines|posts|videos))?|top stories|editor['’]?s?['’]? (?:picks|choice)|in (?:pictures|other news)|elsewhere(?: (?:on|in) .{0,30})?|other (?:news|stories|articles))\W*$",
        r"^(?:live|watch|video|gallery|podcast|analysis|explainer|opinion|listen|quiz|in pictures)[.:|] ",
        r"[»›→]$",
        r"\[(?:video|insight|analysis|reaction|pictures?|photos?|report|comment|latest|exclusive|reviews?|listen|watch)\]\W*$",
        r"^(?:artigos|posts?|artículos|noticias|notícias|articles|articoli|verwandte|ähnliche|lees|mehr|leia|leggi|lire|lea)\b[^.]{0,12}\b(?:relacionad[oa]s|relacionada|connexes|similaires|correlati|artikel|beiträge|ook|zum thema|también|também|anche|aussi|mais)\b[^.]{0,40}$",
        marks=("read more", "»", "›", "→", "]"),
    ),
    _rule(
        "tags",
        20,
        r"^(?:tags?|topics?|related topics?|filed under|categories|category|keywords|more on|read more about)\s*:",
        r"^(?:tags|topics|related topics|filed under|categories)$",
        r"^(?:#\w+[ ,]*)+$",
    ),
    _rule(
        "sign-off",
        60,
        rf"^\(?(?:(?:Additional|Further|additional) )?(?:[Rr]eporting|Writing|Editing|Compiled|Edited|Written|REPORTING|EDITING) by {_NAME} {_NAME}(?:;|.*(?:[Ee]diting|{_NAME}\)?\.?$))",
        cased=True,
    ),
    _rule(
        "sign-off",
        60,
        r"^[-–—]+ ?(?:ends|with (?:agencies|reporting)|afp|reuters|ap)\b.{0,40}$",
        r"^\(?(?:afp|reuters|ap|with agencies|agencies|pa)\)?$",
        r"\b(?:contributed|contributing) to this (?:report|article|story|piece)\b",
        r"\b(?:email|e-mail|write to|contact|reach|reached|tips? to)\b.{0,60}\w@\w",
        r"^follow\b.{0,60}(?:@\w{3,}\W*$|\bon (?:twitter|facebook|x)\b)",
        marks=("contribut", "@"),
    ),
    _rule(
        "footer",
        90,
        r"(?:©|\bcopyright ?(?:©|\(c\)|\d{4})|\(c\) ?\d{4}).{0,200}$",
        r"^copyright\b.{0,60}\b(?:19|20)\d\d\b",
        r"\ball rights reserved\b",
        r"^this (?:web)?site\b.{0,80}\b(?:published|owned|operated|run) by\b",
        r"\b(?:republish|reproduc|syndicat)(?:e|ed|ing)? (?:this|our|these|without|or)\b.{0,60}\b(?:articles?|content|permission|fees?|licen[cs]e)\b",
        r"\bto (?:learn|find out|read) more about\b.{0,120}\b(?:here|form|click|fees?)\b",
        r"\b(?:is|are) not responsible for the content of\b",
        r"\bregistered (?:in|charity|company|office|number)\b.{0,80}\b(?:no\.? ?\d|number|registered office|charity)",
        r"^(?:about (?:us|the author|the publisher)|notes to editors|press contacts?|media contacts?|for (?:more|further) information)\b",
        r"\bthis (?:article|story|piece) (?:was|has been|is) (?:first |originally |also )?(?:published|amended|corrected|updated)\b",
        marks=(
            "©",
            "copyright",
            "(c)",
            "rights reserved",
            "republish",
            "reproduc",
            "syndicat",
            "more about",
            "responsible",
            "registered",
            "this article",
            "this story",
            "this piece",
            "this report",
        ),
    ),
)

# A line that opens like none of the rules, and has none of their marks, is told by these at once: most have none.
_OPENINGS = re.compile("|".join(rule.opening.pattern for rule in RULES if rule.opening and not rule.cased))
_CASED_OPENINGS = re.compile("|".join(rule.opening.pattern for rule in RULES if rule.opening and rule.cased))
# The rules as `reason_for` walks through them, some hundred times a page.
_STEPS = tuple(
    (
        rule.reason,
        rule.most_words,
        rule.opening and rule.opening.match,
        rule.inside and rule.inside.search,
        rule.cased,
        rule.marks,
    )
    for rule in RULES
)
_ALL_MARKS = tuple(dict.fromkeys(mark for rule in RULES for mark in rule.marks))


def marks_in(text: str) -> tuple[str, ...]:
    """Of all marks of the rules those that a text has, in small letters or not.

    >>> marks_in("Photo: Ines Okafor"), marks_in("It did not.")
    ((':',), ())
    """
    small = text.lower()
    return tuple(mark for mark in _ALL_MARKS if mark in small)


def reason_for(line: str, marks: Sequence[str] = _ALL_MARKS) -> str | None:
    """The reason the first matching rule gives, or None; `marks_in` a whole page spares looking for the others.

    >>> reason_for("Read More »"), reason_for("Skip to main content"), reason_for("It did not.")
    ('teaser', 'navigation', None)
    """
    if len(line) > LONGEST_LINE or line in _BULLETS or is_quoted_post(line):
        return None
    words, small = line.count(" ") + 1, line.lower()
    marked = {mark for mark in marks if mark in small}
    shouted = "teaser" if words >= SHOUTED_WORDS and line.isupper() and not is_closed(line) else None
    opens = bool(_OPENINGS.match(small) or _CASED_OPENINGS.match(line))
    if not (marked or opens):
        return shouted
    for reason, most_words, opening, inside, cased, needed in _STEPS:
        if words > most_words:
            continue
        if opens and opening is not None and opening(line if cased else small):
            return reason
        if marked and inside is not None and not marked.isdisjoint(needed) and inside(line if cased else small):
            return reason
    return shouted


# Many a list's links are pictures, and its lines nothing but these.
_BULLETS = frozenset("*+•·-–—|")
_QUOTED_POST = re.compile(r"[—–-] .{1,60}\(@\w+\)")


def is_quoted_post(line: str) -> bool:
    """Whether a line signs a post of a social network that the story quotes.

    >>> is_quoted_post("— Ines Okafor (@okafor) October 9, 2018")
    True
    """
    return bool(_QUOTED_POST.match(line))


_A_DATE = re.compile(rf"\b(?:{_ANY_DATE}|{_DATE})", re.IGNORECASE)


def has_date(line: str) -> bool:
    """Whether a day of a month stands in a line.

    >>> has_date("Updated 3 May 2026 at 10:15"), has_date("5 min read")
    (True, False)
    """
    return bool(_A_DATE.search(line))


def is_byline(line: str) -> bool:
    """Whether a line says who wrote the story, as a rule tells it.

    >>> is_byline("By Ines Okafor, Harbour Reporter"), is_byline("By Monday, the water had reached the church.")
    (True, False)
    """
    return reason_for(line) == "byline"
