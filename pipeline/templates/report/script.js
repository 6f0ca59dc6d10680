"use strict";
// The reader: it filters, pages and shows the articles of the JSON block `data`.
// What articles hold is only ever set as text, so none of it can become markup.
{
  const { articles, reasons, verdicts } = JSON.parse(document.getElementById("data").textContent);
  const PER_PAGE = 25;
  const FOLDED_FROM = 10; // so many cut lines in a row are folded
  const byId = (id) => document.getElementById(id);
  const tools = byId("tools"), list = byId("list");
  const percent = (share) => `${Math.round(100 * share)}%`;
  let found = articles; // those that pass the filters, in order
  let start = 0; // the first one listed
  let chosen = null;

  // An element with attributes and children; strings become text.
  function el(name, attributes = {}, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value != null) node.setAttribute(key, value);
    node.append(...children.flat().filter((child) => child != null));
    return node;
  }

  // ---- choosing articles

  const orders = {
    worst: () => 0, // as they come
    title: (a, b) => a.title.localeCompare(b.title),
    unsure: (a, b) => a.probability - b.probability,
    sure: (a, b) => b.probability - a.probability,
    grounding: (a, b) => (a.summary?.grounding ?? 2) - (b.summary?.grounding ?? 2),
  };

  // All that is searched of an article, in small letters, put together when first asked for.
  function searched(article) {
    article.searched ??= [article.id, article.title, article.blocks.map((block) => block.sentences?.join(" ") ?? ""),
      article.summary?.sentences.map(said) ?? ""].flat().join(" ").toLowerCase();
    return article.searched;
  }

  const said = (claim) => claim.pieces.map(([text]) => text).join("");

  function filter() {
    const { words, topic, predicted, problem, order, summarised } = Object.fromEntries(new FormData(tools));
    const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
    found = articles.filter((article) =>
      (!summarised || article.summary) &&
      (!topic || article.topic === topic) &&
      (!predicted || article.predicted === predicted) &&
      (!problem || (problem === "some" ? article.problems.length > 0 : article.problems.includes(problem))) &&
      asked.every((word) => searched(article).includes(word)));
    found.sort(orders[order]);
    start = 0;
    if (!found.includes(chosen)) show(found[0]);
    drawList();
  }

  // ---- the list

  function drawList() {
    const last = Math.min(start + PER_PAGE, found.length);
    list.replaceChildren(...found.slice(start, last).map(item));
    byId("count").textContent = found.length ? `${found.length} of ${articles.length} articles` : "No article is like that.";
    byId("page").textContent = found.length ? `${start + 1}–${last}` : "";
    byId("back").disabled = start === 0;
    byId("on").disabled = last >= found.length;
  }

  function item(article) {
    const button = el("button", { type: "button", "data-id": article.id, "aria-current": article === chosen },
      el("b", {}, article.title), best(article, isRight(article) ? "" : `, labelled ${article.topic}`));
    for (const problem of article.problems) if (problem !== "wrong topic") button.append(el("span", { class: "soft" }, ` · ${problem}`));
    button.addEventListener("click", () => choose(article));
    return el("li", {}, button);
  }

  const isRight = (article) => article.predicted === article.topic;
  const best = (article, more = "") =>
    el("span", { class: isRight(article) ? "good" : "bad" }, `${article.predicted} ${percent(article.probability)}${more}`);

  function turn(pages) {
    start += pages * PER_PAGE;
    drawList();
    list.querySelector("button")?.focus();
  }

  // Another article of those found: it is shown, and listed on its page.
  function step(by) {
    const next = found[found.indexOf(chosen) + by];
    if (!next) return;
    start = PER_PAGE * Math.floor(found.indexOf(next) / PER_PAGE);
    choose(next);
    drawList();
    list.querySelector("[aria-current=true]").focus();
  }

  // ---- one article

  function choose(article) {
    show(article);
    history.replaceState(null, "", `#article=${encodeURIComponent(article.id)}`);
  }

  function show(article) {
    chosen = article;
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-current", button.dataset.id === article?.id);
    byId("shown").replaceChildren(...(article ? parts(article) : []));
  }

  function parts(article) {
    const source = el("div", { class: "source", tabindex: "0", role: "region", "aria-label": "Article, with the lines that were cut" });
    source.append(...blocks(article));
    return [
      el("p", { class: "facts-line" }, el("span", { class: "soft" }, `${article.id} · editors’ topic ${article.topic} · best topic `), best(article),
        article.abstained ? el("span", { class: "soft" }, ` · no topic given: ${article.abstained}`) : null),
      why(article),
      el("div", { class: article.summary ? "panes" : "panes alone" }, source,
        article.summary ? [answer(article, source), draft(article.summary, source)] : null),
      article.summary ? "" : el("p", { class: "soft" }, "This article was not summarised."),
    ];
  }

  // Paragraphs sentence by sentence, each with the numbers of the summary's sentences that it supports; cut lines between.
  function blocks(article) {
    const claims = article.summary?.sentences ?? [];
    const nodes = [], cut = [];
    let number = 0;
    for (const block of [...article.blocks, { sentences: [] }]) {
      if ("cut" in block) {
        cut.push(block);
        continue;
      }
      nodes.push(...cutLines(cut.splice(0)));
      const node = el(block.title ? "h3" : "p");
      for (const sentence of block.sentences) {
        const supported = claims.flatMap((claim, index) => (claim.support.includes(number) ? index + 1 : []));
        node.append(el("span", { id: `sentence-${number}` }, sentence, supported.length ? el("sup", {}, supported.join(" ")) : null), " ");
        number += 1;
      }
      if (block.sentences.length) nodes.push(node);
    }
    return nodes;
  }

  // Lines that were cut, struck out, with their reasons; many in a row are folded under what they were.
  function cutLines(lines) {
    const nodes = lines.map(({ cut, reason }) =>
      el("p", { class: "cut", title: reasons[reason] }, el("span", { class: "tag" }, `cut: ${reason}`), el("del", {}, cut)));
    if (lines.length < FOLDED_FROM) return nodes;
    const kinds = new Map();
    for (const { reason } of lines) kinds.set(reason, (kinds.get(reason) ?? 0) + 1);
    const counted = [...kinds].sort((one, other) => other[1] - one[1]).map(([reason, times]) => `${times} ${reason}`).join(", ");
    return [el("details", { class: "cut" }, el("summary", {}, `${lines.length} lines cut: ${counted}`), nodes)];
  }

  function why({ probabilities, evidence }) {
    const shares = Object.entries(probabilities).map(([topic, share]) => `${topic} ${(100 * share).toFixed(1)}%`).join(" · ");
    const details = el("details", {}, el("summary", {}, evidence ? `Why ${evidence.topic} and not ${evidence.against}` : "All probabilities"), el("p", { class: "soft" }, shares));
    if (evidence) {
      const weight = ({ text, log_odds }) => `${log_odds < 0 ? "−" : "+"}${Math.abs(log_odds).toFixed(2)} ${text}`;
      details.append(
        el("p", { class: "words" }, evidence.words.map((word) => el("span", { class: "tag" }, weight(word)))),
        el("ul", {}, evidence.sentences.map((sentence) => el("li", {}, weight(sentence)))),
        el("p", { class: "soft" }, "What each word adds to the log odds (exact, the linear part), and what they lose without the sentence."));
    }
    return details;
  }

  function answer({ summary, reading }, source) {
    const scores = [`grounding ${summary.grounding.toFixed(2)}`];
    if (summary.rouge1 != null) scores.push(`ROUGE-1 ${(100 * summary.rouge1).toFixed(0)}`);
    return el("div", { class: "answer" },
      el("h4", {}, `Summary, ${summary.method ?? "none"} `, el("span", { class: "soft" }, `· ${scores.join(" · ")}`)),
      claims(summary.sentences, source),
      reading ? el("p", { class: reading.verdict === "ok" ? "good" : "bad" }, `Read closely: ${verdicts[reading.verdict]}.`,
        reading.quote ? ` “${reading.quote}”: ${reading.finding}` : "") : null,
      summary.notes.length ? el("ul", { class: "soft" }, summary.notes.map((note) => el("li", {}, note))) : null);
  }

  function draft(summary, source) {
    return el("div", { class: "draft" },
      el("h4", {}, "The model’s first draft"), claims(summary.draft, source),
      el("h4", {}, "Reference"), el("p", {}, summary.reference));
  }

  // The sentences of a summary: a sentence pointed at or focused marks what supports it and brings that into view.
  function claims(sentences, source) {
    if (!sentences.length) return el("p", { class: "soft" }, "None.");
    return el("ol", { class: "claims" }, sentences.map((claim) => {
      const support = claim.support.map((number) => `sentence-${number}`);
      const button = el("button", { type: "button", "aria-describedby": support.join(" ") || null },
        claim.pieces.map(([text, unsupported]) => (unsupported ? el("mark", { title: "the article does not have this" }, text) : text)));
      for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => mark(button, support, source));
      return el("li", {}, button, el("span", { class: "tag" }, `support ${claim.score.toFixed(2)}`));
    }));
  }

  function mark(button, support, source) {
    for (const old of byId("shown").querySelectorAll(".hit, .on")) old.classList.remove("hit", "on");
    button.classList.add("on");
    const sentences = support.map(byId);
    for (const sentence of sentences) sentence.classList.add("hit");
    if (sentences.length) source.scrollTop = sentences[0].offsetTop - source.clientHeight / 4;
  }

  // ---- what the reader of the page does

  tools.addEventListener("input", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => {
    tools.reset();
    filter();
  });
  byId("back").addEventListener("click", () => turn(-1));
  byId("on").addEventListener("click", () => turn(1));

  for (const cell of document.querySelectorAll(".confusion button")) {
    cell.addEventListener("click", () => {
      tools.reset();
      tools.elements.topic.value = cell.dataset.topic;
      tools.elements.predicted.value = cell.dataset.predicted;
      filter();
      byId("articles").scrollIntoView();
      list.querySelector("button").focus({ preventScroll: true });
    });
  }

  document.addEventListener("keydown", (event) => {
    const by = { j: 1, k: -1 }[event.key] ?? (list.contains(event.target) ? { ArrowDown: 1, ArrowUp: -1 }[event.key] : undefined);
    if (!by || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
    event.preventDefault();
    step(by);
  });

  // The article that the address names, as #article=ID.
  function follow() {
    const id = location.hash.startsWith("#article=") ? decodeURIComponent(location.hash.slice(9)) : null;
    const named = articles.find((article) => article.id === id);
    if (!named) return;
    if (!found.includes(named)) byId("clear").click();
    start = PER_PAGE * Math.max(0, Math.floor(found.indexOf(named) / PER_PAGE));
    show(named);
    drawList();
    byId("articles").scrollIntoView();
  }

  filter();
  follow();
  window.addEventListener("hashchange", follow);
}
