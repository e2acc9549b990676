// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of certificates: searched and shown a page at a time, so that ten thousand of them are as quick as
 * ten. The entries come in their order from the files list/NNNN.js. */
"use strict";

haiki.list = (() => {
	const { make, both, value } = haiki.view;
	const ROWS = 50;
	const byId = (id) => document.getElementById(id);
	const entries = haiki.entries.flat().map(
		([name, serial, model, tenant, outcome, issued, superseded, sha256, good]) => ({
			name, serial, model, tenant, outcome, issued, superseded, sha256, good: good === 1,
			haystack: fold([name, serial, model, tenant, outcome, issued,
				...Object.values(haiki.words.outcome[outcome] ?? {})].join(" ")),
		}));
	const state = { words: "", only: "all", page: 1 };

	function fold(text) {
		return text.normalize("NFKC").toLowerCase();
	}

	const wanted = {
		all: () => true,
		exceptions: (entry) => !entry.good && entry.superseded === "",
		proven: (entry) => entry.good,
	};

	function matching() {
		const words = fold(state.words).split(/\s+/).filter((word) => word !== "");
		return entries.filter((entry) => wanted[state.only](entry) &&
			words.every((word) => entry.haystack.includes(word)));
	}

	function row(entry) {
		const outcome = make("td", { class: "outcome " + (entry.good ? "good" : "bad") },
			make("span", { class: "sign", "aria-hidden": "true" }, entry.good ? "✓" : "✕"),
			make("span", {}, both(haiki.words.outcome[entry.outcome] ?? haiki.words.outcome.unknown)));
		if (entry.superseded !== "")
			outcome.append(make("span", { class: "superseded" }, both(haiki.words.list.superseded)));
		const link = make("a", { href: "c/" + encodeURIComponent(entry.name) + ".html" },
			value(entry.serial === "" ? entry.name : entry.serial));
		return make("tr", { "data-name": entry.name }, outcome,
			make("th", { scope: "row" }, link, make("span", { class: "model" }, value(entry.model))),
			make("td", { class: "tenant" }, value(entry.tenant)),
			make("td", { class: "date" }, make("time", { datetime: entry.issued }, day(entry.issued))));
	}

	// The calendar day in Japan, where the contracts are.
	const day = (utc) => new Date(Date.parse(utc) + 9 * 3600000).toISOString().slice(0, 10);

	function draw() {
		const found = matching();
		const pages = Math.max(1, Math.ceil(found.length / ROWS));
		state.page = Math.min(Math.max(1, state.page), pages);
		const first = (state.page - 1) * ROWS;
		byId("rows").replaceChildren(...found.slice(first, first + ROWS).map(row));
		byId("nothing").hidden = found.length > 0;
		byId("table").hidden = found.length === 0;
		byId("count").replaceChildren(both(haiki.words.list.count, { found: found.length, total: entries.length }));
		byId("page").replaceChildren(both(haiki.words.list.page, { page: state.page, pages }));
		byId("pager").hidden = pages === 1;
		byId("previous").disabled = state.page === 1;
		byId("next").disabled = state.page === pages;
		for (const button of document.querySelectorAll("[data-only]"))
			button.setAttribute("aria-pressed", String(button.dataset.only === state.only));
		byId("rows").dataset.found = String(found.length);
	}

	// What was searched stands in the address, so that the way back from a certificate finds it again.
	function change(what) {
		Object.assign(state, { page: 1 }, what);
		const kept = new URLSearchParams({ q: state.words, only: state.only, page: String(state.page) });
		history.replaceState(null, "", "#" + kept);
		draw();
	}

	function turn(by) {
		change({ page: state.page + by });
		byId("list").scrollIntoView({ block: "start" });
	}

	function start() {
		const kept = new URLSearchParams(location.hash.slice(1));
		state.words = kept.get("q") ?? "";
		state.only = kept.get("only") in wanted ? kept.get("only") : "all";
		state.page = Number.parseInt(kept.get("page") ?? "1", 10) || 1;
		byId("search").value = state.words;
		byId("search").addEventListener("input", (event) => change({ words: event.target.value }));
		byId("previous").addEventListener("click", () => turn(-1));
		byId("next").addEventListener("click", () => turn(1));
		for (const button of document.querySelectorAll("[data-only]"))
			button.addEventListener("click", () => change({ only: button.dataset.only }));
		draw();
	}

	start();
	haiki.drop.start({
		anchors: haiki.site.anchors.map((text) => haiki.fromBase64(text, "key-malformed")),
		ledgerKey: haiki.site.ledgerKey,
		digests: new Map(entries.map((entry) => [entry.name, entry.sha256])),
		superseded: new Map(entries.map((entry) => [entry.name, entry.superseded])),
	});
	return { entries };
})();
